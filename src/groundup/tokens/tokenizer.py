"""A tokenizer: text to ids and back, kept in one `tokenizer.json` that other tools read as well.

Hugging Face's library does the cutting; what is ours is the special tokens, their fixed ids, and the promise
that no text a user writes ever becomes one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tokenizers import Tokenizer as Engine

from groundup.errors import DamagedError, GroundupError
from groundup.store.files import write_durably
from groundup.tokens.settings import END, MASK, PADDING, SEPARATOR, UNKNOWN

FILE = "tokenizer.json"

# The engine keeps about 100 bytes for each token at work, so a long text is encoded in parts of about this
# many characters. Every kind of ours cuts between a visible character and the space or line end behind it;
# parted there, the tokens stay the same.
_PART = 250_000
# Characters of many texts that are at work at once.
_BATCH = 10_000_000
_SEAM = re.compile(r"\S(?=[ \n])")


class Tokenizer:
    """Text to ids and back. The special tokens have the ids 0 (padding) to 4 (end), then the sentinels."""

    def __init__(self, engine: Engine) -> None:
        engine.no_padding()
        engine.no_truncation()
        # Text that looks like a special token is cut as the plain text it is; the file does not keep this
        # switch.
        engine.encode_special_tokens = True
        self._engine = engine
        self.vocabulary: int = engine.get_vocab_size()
        self.padding = self._special(PADDING, 0)
        self.unknown = self._special(UNKNOWN, 1)
        self.mask = self._special(MASK, 2)
        self.separator = self._special(SEPARATOR, 3)
        self.end = self._special(END, 4)
        names = [token.content for token in engine.get_added_tokens_decoder().values() if token.special]
        self.sentinels: tuple[int, ...] = tuple(self._special(f"<extra_{i}>", 5 + i) for i in range(len(names) - 5))

    def _special(self, name: str, expected: int) -> int:
        token = self._engine.get_added_tokens_decoder().get(expected)
        if token is None or token.content != name or not token.special:
            raise GroundupError(
                f"The tokenizer has no special token {name} with the id {expected}.",
                "Only tokenizers made by Groundup can be used here: groundup tokenizer train --help",
            )
        return expected

    @property
    def special_tokens(self) -> dict[str, int]:
        """The ids of all special tokens, by name."""
        ids = range(5 + len(self.sentinels))
        return {self.name(token): token for token in ids}

    @property
    def kind(self) -> str:
        """The kind as the settings call it."""
        model = type(self._engine.model).__name__
        if model == "BPE":
            return "character" if self._engine.pre_tokenizer is None else "bpe"
        return {"WordLevel": "word", "WordPiece": "wordpiece", "Unigram": "unigram"}.get(model, model)

    def encode(self, text: str) -> list[int]:
        """The ids of `text`; nothing is added, and nothing in it becomes a special token but the unknown one.

        Lone surrogates (half a UTF-16 pair, as bytes decoded with `surrogateescape` leave them) are no
        characters: they are read as U+FFFD, the replacement character.
        """
        return self.encode_batch([text])[0]

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, on all cores."""
        parts = (part for text in texts for part in _parts(whole_characters(text)))
        encoded = (
            each
            for some in batched(parts, _BATCH)
            for each in self._engine.encode_batch_fast(some, add_special_tokens=False)
        )
        batch: list[list[int]] = []
        for text in texts:
            ids: list[int] = []
            for _ in _parts(whole_characters(text)):
                ids += next(encoded).ids
            batch.append(ids)
        return batch

    def encode_with_offsets(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids that `encode` gives, and the characters of `text` that each stands for: its first, and its end.

        The characters are those of `text` as given, whatever lower-casing makes of them, and a space that a token takes
        along is one of its. No character is left out and the tokens stand in order; two overlap only where each is a
        part of the same character (byte-level kinds, or `İ` in lower case), which both then have whole.
        """
        whole = whole_characters(text)
        ids: list[int] = []
        offsets: list[tuple[int, int]] = []
        start = 0
        for part in _parts(whole):
            encoded = self._engine.encode(part, add_special_tokens=False)
            ids += encoded.ids
            offsets += [(start + first, start + end) for first, end in encoded.offsets]
            start += len(part)
        if len(whole) != len(text):
            places = _places(whole, text)
            offsets = [(places[first], places[end]) for first, end in offsets]
        return ids, offsets

    def decode(self, ids: Sequence[int], *, show_special: bool = False) -> str:
        """The text of `ids`; special tokens are left out unless they shall be shown.

        Bytes that are no UTF-8, as a cut in the middle of a character leaves them, become U+FFFD.
        """
        ids = list(ids)
        for token in (min(ids, default=0), max(ids, default=0)):
            if not 0 <= token < self.vocabulary:
                raise GroundupError(
                    f"There is no token {token}.", f"This tokenizer has the ids 0 to {self.vocabulary - 1:,}."
                )
        text: str = self._engine.decode(ids, skip_special_tokens=not show_special)
        return text

    def name(self, token: int) -> str:
        """The token as the file spells it: byte-level kinds write a stand-in letter for each byte."""
        name = self._engine.id_to_token(token)
        assert name is not None, token
        return name

    def text(self, token: int) -> str:
        """What one token stands for, special tokens by their name; part of a character as U+FFFD."""
        return self.decode([token], show_special=True)

    def is_like(self, other: Tokenizer) -> bool:
        """Whether the other cuts every text as this one does, and its ids mean the same."""
        return self is other or self._engine.to_str() == other._engine.to_str()

    def save(self, path: Path) -> None:
        """Write `tokenizer.json`, at `path` or in the folder `path`."""
        if path.is_dir():
            path = path / FILE
        write_durably(path, self._engine.to_str(pretty=True).encode())


def load_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer in the file `path`, in the folder `path`, or in the run folder `path`.

    Raises `GroundupError` where there is none or one of another make, `DamagedError` where the file is
    broken.
    """
    file = find_tokenizer(path)
    try:
        engine = Engine.from_str(file.read_text(encoding="utf-8"))
    except (OSError, MemoryError, KeyboardInterrupt, SystemExit):
        raise
    # The engine raises bare exceptions, and for some broken files its Rust core panics with a BaseException.
    except BaseException as error:
        raise DamagedError(
            f"{file} is damaged: {error}.", "Restore it from a copy, or train the tokenizer again."
        ) from error
    try:
        return Tokenizer(engine)
    except GroundupError as error:
        raise GroundupError(f"{file}: {error.message}", error.remedy) from error


def find_tokenizer(path: Path) -> Path:
    """The `tokenizer.json` that `path` means: the file itself, a folder that holds it, or a run folder."""
    for file in (path / "tokenizer" / FILE, path / FILE, path):
        if file.is_file():
            return file
    raise GroundupError(
        f"There is no tokenizer at {path}.",
        f"Name a {FILE}, a folder that holds one, or a run folder made by groundup build.",
    )


def whole_characters(text: str) -> str:
    """`text` with surrogate pairs joined and lone surrogates made U+FFFD, so that it has a UTF-8 form."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _places(whole: str, text: str) -> list[int]:
    """Where each of `whole_characters(text)` begins in `text`, and behind them the length of it."""
    places = [0]
    for character in whole:
        place = places[-1]
        places.append(place + (1 if text[place] == character or character <= "\uffff" else 2))
    return places


def _parts(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > _PART and (seam := _SEAM.search(text, start + _PART)):
        yield text[start : seam.end()]
        start = seam.end()
    yield text[start:]


def batched(texts: Iterable[str], characters: int) -> Iterator[list[str]]:
    """`texts` in order, in lists of about so many characters: much at once, in bounded memory."""
    batch: list[str] = []
    held = 0
    for text in texts:
        batch.append(text)
        held += len(text)
        if held >= characters:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch
