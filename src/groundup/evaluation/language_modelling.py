"""How well a causal model predicts a text it has not seen: loss, perplexity, bits per byte."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from groundup.errors import GroundupError
from groundup.model.model import Model
from groundup.objectives.causal import causal
from groundup.objectives.example import Example
from groundup.objectives.scoring import TOKENS_AT_ONCE, score
from groundup.progress import SILENT, Progress
from groundup.tokens.batches import EveryToken
from groundup.tokens.shards import TokenStream, open_shards, write_shards
from groundup.tokens.tokenizer import Tokenizer


def evaluate_texts(
    model: Model,
    tokenizer: Tokenizer,
    texts: Iterable[str],
    *,
    stride: int | None = None,
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Score every token of the texts once: loss (nats a token), perplexity, bits_per_byte, and their counts.

    `stride` below the model's context gives each token more to look back on, at context / stride times the cost.
    Raises GroundupError where there is no text.
    """
    texts = iter(texts)
    # No text at all is measured as an empty one, which has an error of its own below.
    texts = chain([next(texts, "")], texts)
    with tempfile.TemporaryDirectory() as folder:
        # On disk rather than in memory, so that a text of any length can be measured.
        write_shards(texts, tokenizer, Path(folder), "given", progress)
        stream = open_shards(Path(folder), "given")
        if stream.bytes == 0:
            raise GroundupError("There is no text to measure.", "Check the file given with --data.")
        result = score(model, _examples(model, stream, stride, progress), stream.bytes / stream.tokens.size)
        return {
            "loss": result.loss,
            "perplexity": result.perplexity,
            "bits_per_byte": result.bits_per_byte,
            "tokens": result.tokens,
            "documents": stream.documents,
            "bytes": stream.bytes,
        }


def _examples(model: Model, stream: TokenStream, stride: int | None, progress: Progress) -> Iterator[Example]:
    context, done = model.settings.context, 0
    batches = EveryToken(stream, context=context, rows=max(1, TOKENS_AT_ONCE // context), stride=stride)
    for batch in batches:
        yield causal(batch, model.embedding.weight.device)
        done += batch.scored
        progress("scoring", done, stream.tokens.size)
