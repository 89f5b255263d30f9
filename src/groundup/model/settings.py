"""What a model is: one size dial, and every value that follows from it open to be said outright."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from groundup.settings import require


@dataclass(frozen=True)
class ModelSettings:
    """A model's architecture. Values left at `null` follow from `size` by the formulas of `groundup.model.sizes`."""

    size: int = 4
    """The one dial: number of layers, from which width, heads and the training batch and rates follow."""
    context: int = 256
    """Positions a model is trained to look at, in tokens."""
    decoder: tuple[str, ...] = ("attention", "relu_squared")
    """The mixers of one decoder layer, in order; the layer is repeated `depth` times."""
    depth: int | None = None
    """Number of layers, where it is not to be `size`."""
    width: int | None = None
    """Numbers that stand for one position between layers (D)."""
    heads: int | None = None
    """Attention heads (H); they share the width among them."""
    key_value_heads: int | None = None
    """Heads of keys and values; fewer than `heads` makes grouped attention (arXiv 2305.13245)."""
    expansion: float = 4.0
    """Width of the feed-forward's inner layer, in widths of the model."""
    positions: Literal["rotary", "none"] = "rotary"
    """How attention knows positions: rotary embeddings (arXiv 2104.09864), or not at all."""
    window: int | None = None
    """Attention looks at most this many positions back; null looks back over the whole context."""
    query_key_norm: bool = True
    """Normalise queries and keys, which keeps attention's logits bounded (arXiv 2010.04245)."""
    embedding_skip: bool = True
    """Let every layer add a learned share of the token embeddings to its input."""
    soft_cap: float = 15.0
    """Bound the output logits smoothly to plus and minus this value (arXiv 2408.00118); 0 leaves them free."""
    tied: bool = False
    """Use the embedding table as the output layer too (arXiv 1608.05859)."""
    dropout: float = 0.0
    """Share of each mixer's output set to zero while training."""

    def __post_init__(self) -> None:
        require(1 <= self.size <= 64, "size", "size counts layers: choose 1 to 64.")
        require(self.context >= 2, "context", "context counts tokens: choose 2 or more.")
        require(len(self.decoder) > 0, "decoder", "a layer needs at least one mixer, such as attention.")
        for name in ("depth", "width", "heads", "key_value_heads", "window"):
            value = getattr(self, name)
            require(value is None or value >= 1, name, f"{name} must be 1 or more, or null.")
        require(0.25 <= self.expansion <= 32, "expansion", "expansion must lie between 0.25 and 32.")
        require(self.soft_cap >= 0, "soft_cap", "soft_cap must be 0 (off) or positive.")
        require(0 <= self.dropout < 1, "dropout", "dropout is a share: 0 or more and below 1.")
