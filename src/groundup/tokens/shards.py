"""Token shards: a corpus as one long row of ids on disk, read where it lies.

Each document's ids are followed by the end token. Ids take two bytes where the vocabulary allows it, else
four; where each document begins, and the facts that a reader checks, lie beside them:

    NAME.tokens       the ids, little-endian, nothing else
    NAME.starts.npy   int64 [documents], where each document begins
    NAME.json         type, counts, vocabulary
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundup.errors import DamagedError, GroundupError
from groundup.progress import SILENT, Progress
from groundup.store.files import room_checked
from groundup.tokens.tokenizer import Tokenizer, batched, whole_characters

# Characters encoded at once: enough to keep the cores busy; about 100 MB at work where each is a token.
_AT_ONCE = 1_000_000

_TYPES: dict[str, np.dtype[np.unsignedinteger[Any]]] = {"uint16": np.dtype("<u2"), "uint32": np.dtype("<u4")}


@dataclass(frozen=True)
class TokenStream:
    """All documents of a split, one behind the other."""

    tokens: NDArray[np.unsignedinteger[Any]]
    """[N] ids, read-only and left on disk; each document ends with `end`."""

    starts: NDArray[np.int64]
    """[documents] where each document begins in `tokens`."""

    bytes: int
    """Length of the text in UTF-8, for bits per byte."""

    vocabulary: int
    """Number of ids there can be."""

    end: int
    """The id that ends each document."""

    @property
    def documents(self) -> int:
        """Number of documents."""
        return len(self.starts)

    def document(self, number: int) -> NDArray[np.unsignedinteger[Any]]:
        """The ids of one document, without the end token."""
        last = self.starts[number + 1] if number + 1 < self.documents else len(self.tokens)
        return self.tokens[self.starts[number] : last - 1]


def write_shards(
    texts: Iterable[str], tokenizer: Tokenizer, folder: Path, name: str, progress: Progress = SILENT
) -> dict[str, Any]:
    """Encode `texts` in order into `folder` under `name`; the facts returned also lie in NAME.json.

    Works through the texts once, in bounded memory. Raises `GroundupError` where there are no documents.
    """
    # 65,536 ids, 0 to 65,535, fit into two bytes.
    type_name = "uint16" if tokenizer.vocabulary <= 1 << 16 else "uint32"
    starts = array("q")
    total = text_bytes = unknown = 0
    largest = 0
    with room_checked(folder), (folder / f"{name}.tokens").open("wb") as file:
        for batch in batched(texts, _AT_ONCE):
            for text, ids in zip(batch, tokenizer.encode_batch(batch), strict=True):
                ids.append(tokenizer.end)
                row = np.array(ids, dtype=np.int64)
                largest = max(largest, int(row.max()))
                unknown += int((row == tokenizer.unknown).sum())
                file.write(row.astype(_TYPES[type_name]).tobytes())
                starts.append(total)
                total += len(ids)
                text_bytes += len(whole_characters(text).encode())
            progress(f"encoding the {name} text (tokens)", total)
    if not starts:
        raise GroundupError(
            f"The {name} part of the corpus has no documents.",
            "Look at what the corpus kept (groundup corpus), or give it more text.",
        )
    assert largest < tokenizer.vocabulary, f"id {largest} of a vocabulary of {tokenizer.vocabulary}"
    facts = {
        "type": type_name,
        "tokens": total,
        "documents": len(starts),
        "bytes": text_bytes,
        "vocabulary": tokenizer.vocabulary,
        "end": tokenizer.end,
        "largest": largest,
        "unknown": unknown,
    }
    with room_checked(folder):
        np.save(folder / f"{name}.starts.npy", np.frombuffer(starts, dtype=np.int64), allow_pickle=False)
        (folder / f"{name}.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return facts


def open_shards(folder: Path, name: str) -> TokenStream:
    """Map what `write_shards` wrote; nothing is read but the facts, the starts and the last token.

    Raises `DamagedError` naming the file where the parts do not fit together. What only a checksum can notice
    is the store's to check.
    """
    facts_file, tokens_file, starts_file = (
        folder / f"{name}{ending}" for ending in (".json", ".tokens", ".starts.npy")
    )
    facts = _facts(facts_file)
    kind, count = _TYPES[facts["type"]], facts["tokens"]
    size = _size(tokens_file)
    if size != count * kind.itemsize:
        raise _damaged(tokens_file, f"it has {size:,} bytes, and {count:,} ids of type {facts['type']} are due")
    tokens: NDArray[np.unsignedinteger[Any]] = np.memmap(tokens_file, dtype=kind, mode="r")
    starts = _starts(starts_file)
    if len(starts) != facts["documents"]:
        raise _damaged(starts_file, f"it has {len(starts):,} documents, {facts['documents']:,} are due")
    if starts[0] != 0 or starts[-1] >= count or (np.diff(starts) <= 0).any():
        raise _damaged(starts_file, f"its starts do not rise from 0 to below {count:,}")
    if tokens[-1] != facts["end"]:
        raise _damaged(tokens_file, "it does not close with the end token")
    return TokenStream(tokens, starts, facts["bytes"], facts["vocabulary"], facts["end"])


def _facts(file: Path) -> dict[str, Any]:
    _size(file)
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _damaged(file, f"it is not JSON: {error}") from error
    if not isinstance(facts, dict) or facts.get("type") not in _TYPES:
        raise _damaged(file, "it does not say the type of the ids")
    for key, least in {"tokens": 1, "documents": 1, "bytes": 0, "vocabulary": 1, "end": 0}.items():
        if type(facts.get(key)) is not int or facts[key] < least:
            raise _damaged(file, f"{key!r} is not a whole number of {least} or more")
    if facts["end"] >= facts["vocabulary"]:
        raise _damaged(file, "the end token lies outside the vocabulary")
    return facts


def _starts(file: Path) -> NDArray[np.int64]:
    _size(file)
    try:
        # Mapped first: a broken header that claims a huge array is refused, not allocated.
        starts = np.load(file, mmap_mode="r", allow_pickle=False)
        if starts.dtype != np.int64 or starts.ndim != 1 or not len(starts):
            raise ValueError(f"it holds {starts.dtype} {starts.shape} where int64 [documents] is due")
    except OSError:
        raise
    # NumPy parses the header as Python text and raises whatever that raises.
    except Exception as error:
        raise _damaged(file, str(error)) from error
    starts = np.array(starts)
    starts.flags.writeable = False
    return starts


def _size(file: Path) -> int:
    if not file.is_file():
        raise _damaged(file, "it is not there")
    return file.stat().st_size


def _damaged(file: Path, what: str) -> DamagedError:
    return DamagedError(
        f"{file} is damaged: {what}.",
        "Delete the shards' folder and run groundup build again to make it anew.",
    )
