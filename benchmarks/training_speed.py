"""Tokens a second of whole training steps: ours against GPT-2 of Hugging Face transformers.

A step is all of it: a batch from the token stream, forward, backward, clipping, the optimizers. Both train a decoder
of the same depth, width, heads, context and batch. They are not the same model (ours has rotary positions, normed
queries and keys, ReLU squared, an untied head, and Muon; GPT-2 has learned positions, LayerNorm, GELU, a tied head,
and fused AdamW), so this compares what one buys with a second, and `time_to_loss.py` what the tokens are worth.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from timing import Work, alternate, find_source, parser, peer, set_threads, show, table

if TYPE_CHECKING:
    import torch

    from groundup.tokens.shards import TokenStream

VOCABULARY = 70  # The characters of Shakespeare and five special tokens.
TOKENS = 1_000_000


@dataclass(frozen=True)
class Shape:
    """The dimensions both models share."""

    depth: int
    width: int
    heads: int
    context: int
    batch: int

    @property
    def tokens(self) -> int:
        """Tokens of one step."""
        return self.context * self.batch


SHAPES = {
    "nanogpt-cpu": Shape(4, 128, 4, 64, 12),  # nanoGPT's recipe for a processor
    "characters": Shape(4, 128, 2, 128, 15),  # recipes/shakespeare-characters.yaml
    "6x384": Shape(6, 384, 6, 256, 16),  # nanoGPT's recipe for a GPU, a quarter of its batch
}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--shape", choices=[*SHAPES, "all"], default="all", help="which model (default: all three)")
    options.add_argument("--compile", action="store_true", help="ours compiled too (half a minute each to begin with)")
    arguments = options.parse_args()
    find_source()
    peer("transformers")
    set_threads(arguments.threads)
    for name, shape in SHAPES.items():
        if arguments.shape in (name, "all"):
            compare(name, shape, arguments)


def compare(name: str, shape: Shape, arguments: argparse.Namespace) -> None:
    import torch

    stream = random_stream()
    contenders = {
        "transformers float32": theirs(shape, stream, is_half=False),
        "transformers bfloat16": theirs(shape, stream, is_half=True),
        "groundup float32": ours(shape, stream, torch.float32),
        "groundup bfloat16": ours(shape, stream, torch.bfloat16),
    }
    if arguments.compile:
        contenders["groundup bfloat16 compiled"] = ours(shape, stream, torch.bfloat16, is_compiled=True)
    results = alternate(contenders, rounds=arguments.rounds, seconds=arguments.seconds)
    title = f"Training {name}: {shape.depth} x {shape.width}, context {shape.context}, batch {shape.batch}"
    rows = table(results, "tokens/s", "transformers float32")
    show(title, rows, ("torch", "transformers"), as_json=arguments.json)


def random_stream() -> TokenStream:
    """A million random tokens in one document: speed does not depend on what they say."""
    import numpy

    from groundup.tokens.shards import TokenStream

    tokens = numpy.random.default_rng(1).integers(5, VOCABULARY, TOKENS).astype(numpy.uint16)
    return TokenStream(tokens, numpy.zeros(1, numpy.int64), TOKENS, VOCABULARY, 4)


def ours(shape: Shape, stream: TokenStream, precision: torch.dtype, *, is_compiled: bool = False) -> Work:
    """One update as `groundup build` makes it."""
    from groundup.model.model import build_model
    from groundup.model.settings import ModelSettings
    from groundup.tokens.batches import Windows
    from groundup.training.optimizers import Optimizers
    from groundup.training.rates import rates_for
    from groundup.training.run import Run, update
    from groundup.training.settings import TrainingSettings

    settings = TrainingSettings(schedule="constant", batch=shape.batch)
    described = ModelSettings(size=shape.depth, width=shape.width, heads=shape.heads, context=shape.context)
    model = build_model(described, VOCABULARY, seed=1).train()
    model.precision = precision
    if is_compiled:
        for layer in model.decoder.layers:
            layer.compile(dynamic=False)
    windows = Windows(stream, context=shape.context, rows=shape.batch, fingerprint="", seed=1)
    run = Run(model, Optimizers(model, settings, rates_for(settings, model.shape)), windows, settings, seed=1)

    def work() -> float:
        done = update(run)
        assert not done.fault, done.fault
        return shape.tokens

    return work


def theirs(shape: Shape, stream: TokenStream, *, is_half: bool) -> Work:
    """One step of GPT-2 as its users write it: autocast for bfloat16, clipping, fused AdamW."""
    import numpy
    import torch
    from torch.nn import functional

    model = small_gpt2(shape, VOCABULARY).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1, fused=True)
    generator = numpy.random.default_rng(1)
    precision: Callable[[], AbstractContextManager[Any]] = (
        (lambda: torch.autocast("cpu", torch.bfloat16)) if is_half else nullcontext
    )
    offsets = numpy.arange(shape.context + 1)

    def work() -> float:
        starts = generator.integers(0, TOKENS - shape.context - 1, shape.batch)
        rows = torch.from_numpy(stream.tokens[starts[:, None] + offsets].astype(numpy.int64))
        with precision():
            logits = model(input_ids=rows[:, :-1], use_cache=False).logits
            loss = functional.cross_entropy(logits.flatten(0, 1).float(), rows[:, 1:].flatten())
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        loss.item()
        return shape.tokens

    return work


def small_gpt2(shape: Shape, vocabulary: int) -> Any:
    """A GPT-2 of that shape with new weights and no dropout."""
    transformers = peer("transformers")
    return transformers.GPT2LMHeadModel(
        transformers.GPT2Config(
            vocab_size=vocabulary,
            n_positions=shape.context,
            n_embd=shape.width,
            n_layer=shape.depth,
            n_head=shape.heads,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            bos_token_id=0,
            eos_token_id=0,
        )
    )


if __name__ == "__main__":
    main()
