"""From text to batches: tokenizer training, encoding to shards, and batches out of them.

Our tokenizers are trained and run by Hugging Face's library, so it is the natural measure: what do our word rule, our
promises (the same file in every process, no text that becomes a special token, bounded memory) and the writing of
shards with their facts cost on top? Batches are measured against PyTorch's DataLoader over the same windows.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from timing import Result, Work, alternate, find_source, parser, set_threads, show, table

if TYPE_CHECKING:
    from groundup.tokens.shards import TokenStream

CONTEXT, ROWS = 256, 64
DOCUMENT = 5_000  # Characters, about.
SHARD = 20_000_000  # Tokens that batches are taken from.


def main() -> None:
    options = parser(__doc__, seconds=2.0)
    options.add_argument(
        "--data", default="tinyshakespeare", help="a text file, a folder of them, or a data set (default %(default)s)"
    )
    options.add_argument("--vocabulary", type=int, default=8000, help="most tokens (default 8,000)")
    options.add_argument("--workers", type=int, default=2, help="processes of the second DataLoader (default 2)")
    options.add_argument(
        "--part", choices=["training", "encoding", "batches", "all"], default="all", help="what to measure"
    )
    arguments = options.parse_args()
    find_source()
    set_threads(arguments.threads)
    documents = read(arguments.data) if arguments.part != "batches" else []
    megabytes = sum(len(text.encode()) for text in documents) / 1e6
    text = f"{len(documents):,} documents, {megabytes:.1f} MB"
    with tempfile.TemporaryDirectory() as folder:
        if arguments.part in ("training", "all"):
            contenders = trainers(documents, arguments.vocabulary, megabytes)
            report(f"Tokenizer training, BPE of {arguments.vocabulary:,}: {text}", "MB/s", contenders, arguments)
        if arguments.part in ("encoding", "all"):
            contenders = encoders(documents, arguments.vocabulary, megabytes, Path(folder))
            report(f"Encoding to a file of ids: {text}", "MB/s", contenders, arguments)
        if arguments.part in ("batches", "all"):
            contenders = loaders(Path(folder), arguments.workers)
            report(f"Batches of {ROWS} x {CONTEXT} from {SHARD:,} tokens", "batches/s", contenders, arguments)


def report(title: str, unit: str, contenders: dict[str, Work], arguments: argparse.Namespace) -> None:
    """Measure against the first contender and print."""
    results: list[Result] = alternate(contenders, rounds=arguments.rounds, seconds=arguments.seconds, warm_ups=1)
    show(title, table(results, unit, next(iter(contenders))), ("torch", "tokenizers"), as_json=arguments.json)


def read(reference: str) -> list[str]:
    """The text as documents of about DOCUMENT characters that end with a line."""
    from groundup.catalogue import resolve

    path = resolve(reference).path
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*.txt") if file.is_file())
    documents = []
    for file in files:
        text, start = file.read_text("utf-8", errors="replace"), 0
        while start < len(text):
            end = text.find("\n", start + DOCUMENT) + 1 or len(text)
            documents.append(text[start:end])
            start = end
    return documents


def trainers(documents: list[str], vocabulary: int, megabytes: float) -> dict[str, Work]:
    """Byte-level BPE by the library as its guide shows it, and by us."""
    from tokenizers import Tokenizer as Engine
    from tokenizers import models, pre_tokenizers
    from tokenizers.trainers import BpeTrainer

    from groundup.tokens.settings import TokenizerSettings
    from groundup.tokens.train import train_tokenizer

    def plain() -> float:
        engine = Engine(models.BPE())
        engine.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = BpeTrainer(vocab_size=vocabulary, initial_alphabet=alphabet, show_progress=False)
        engine.train_from_iterator(documents, trainer)
        return megabytes

    def ours() -> float:
        train_tokenizer(documents, TokenizerSettings(kind="bpe", vocabulary=vocabulary))
        return megabytes

    return {"tokenizers": plain, "groundup": ours}


def encoders(documents: list[str], vocabulary: int, megabytes: float, folder: Path) -> dict[str, Work]:
    """One tokenizer, used by the library's two calls for batches and by ours; all write their ids."""
    import numpy
    from tokenizers import Tokenizer as Engine

    from groundup.tokens.settings import TokenizerSettings
    from groundup.tokens.shards import write_shards
    from groundup.tokens.tokenizer import FILE
    from groundup.tokens.train import train_tokenizer

    tokenizer = train_tokenizer(documents, TokenizerSettings(kind="bpe", vocabulary=vocabulary))
    tokenizer.save(folder)
    engine = Engine.from_file(str(folder / FILE))

    def plain(name: str) -> Work:
        encode = getattr(engine, name)

        def work() -> float:
            with (folder / "plain.bin").open("wb") as file:
                for encoded in encode(documents, add_special_tokens=False):
                    file.write(numpy.array(encoded.ids, numpy.uint16).tobytes())
            return megabytes

        return work

    def ours() -> float:
        write_shards(documents, tokenizer, folder, "train")
        return megabytes

    return {
        "tokenizers encode_batch": plain("encode_batch"),
        "tokenizers encode_batch_fast": plain("encode_batch_fast"),
        "groundup write_shards": ours,
    }


def loaders(folder: Path, workers: int) -> dict[str, Work]:
    """Shuffled windows of one shard by DataLoader, without and with workers, and by ours."""
    import numpy
    import torch
    from torch.utils.data import DataLoader, Dataset

    from groundup.objectives.causal import causal
    from groundup.tokens.batches import Windows
    from groundup.tokens.shards import TokenStream

    file = folder / "random.tokens"
    numpy.random.default_rng(1).integers(5, 8000, SHARD).astype(numpy.uint16).tofile(file)
    tokens = numpy.memmap(file, numpy.uint16, "r")
    stream: TokenStream = TokenStream(tokens, numpy.zeros(1, numpy.int64), SHARD, 8000, 4)

    class Slices(Dataset[tuple[torch.Tensor, torch.Tensor]]):
        """Inputs and targets of the windows, side by side."""

        def __len__(self) -> int:
            return (SHARD - 1) // CONTEXT

        def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
            row = torch.from_numpy(tokens[index * CONTEXT : index * CONTEXT + CONTEXT + 1].astype(numpy.int64))
            return row[:-1], row[1:]

    def library(processes: int) -> Work:
        loader = DataLoader(Slices(), batch_size=ROWS, shuffle=True, drop_last=True, num_workers=processes)

        def forever() -> Iterator[object]:
            while True:
                yield from loader

        batches = forever()

        def work() -> float:
            next(batches)
            return 1.0

        return work

    windows, step = Windows(stream, context=CONTEXT, rows=ROWS, fingerprint="", seed=1), iter(range(2**62))

    def ours() -> float:
        causal(windows.at(next(step)))
        return 1.0

    return {"DataLoader": library(0), f"DataLoader, {workers} workers": library(workers), "groundup Windows": ours}


if __name__ == "__main__":
    main()
