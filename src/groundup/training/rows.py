"""From the batches of token shards to tensors where the model is."""

from __future__ import annotations

import torch
from torch import Tensor

from groundup.tokens.batches import Batch


def to_tensors(batch: Batch, device: torch.device) -> tuple[Tensor, Tensor | None]:
    """Tokens [B, T+1] int64 and, where rows hold several documents, their numbers [B, T+1]."""
    tokens = torch.from_numpy(batch.tokens).to(device, non_blocking=True)
    if batch.documents is None:
        return tokens, None
    return tokens, torch.from_numpy(batch.documents).to(device, non_blocking=True)
