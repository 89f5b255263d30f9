"""What kind of tokenizer a recipe wants, and how large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from groundup.settings import require

Kind = Literal["character", "word", "bpe", "wordpiece", "unigram"]

# Byte-level kinds hold one token for each byte, so that any text can be written without an unknown token.
BYTE_LEVEL: tuple[Kind, ...] = ("bpe", "unigram")
BYTES = 256

PADDING, UNKNOWN, MASK, SEPARATOR, END = "<pad>", "<unk>", "<mask>", "<sep>", "<end>"


@dataclass(frozen=True)
class TokenizerSettings:
    """How text is cut into tokens."""

    kind: Kind = "bpe"
    """How text is cut: `character`, `word`, `bpe` (byte-level pairs; Sennrich et al. 2016, Radford et al.
    2019), `wordpiece` (Devlin et al. 2019) or `unigram` (byte-level; Kudo 2018). `bpe` and `unigram` can
    write any text; the others have an unknown token for what the training text did not hold. All keep spaces
    and line ends."""

    vocabulary: int = 8_000
    """The most tokens there may be, special ones included. Little text gives fewer; `character` takes just
    the characters it finds. 4 to 8 thousand suit models below 30 million parameters."""

    sentinels: int = 0
    """Number of extra special tokens `<extra_0>`, `<extra_1>` and so on, which mark what span denoising took
    out. Objectives that need them say how many; others need none."""

    minimum_frequency: int = 1
    """How often a character, word or pair must occur to become a token. Rarer characters and words become the
    unknown token (`character`, `word`, `wordpiece`). `unigram` weighs its pieces by itself and has no such
    limit."""

    lower_case: bool = False
    """Make text lower-case before it is cut. The capitals cannot be restored."""

    sample: int = 50_000_000
    """Number of characters to train on, at most: a longer corpus gives whole documents evenly spread over it.
    `character` looks at all of it, so that no character is missed."""

    from_run: str | None = None
    """The folder of a finished run whose tokenizer is taken as it is, as a warm start needs it; the other keys are then
    those that it was made with. From the current folder, or else from the recipe's."""

    def __post_init__(self) -> None:
        require(self.kind in get_args(Kind), "kind", f"must be one of {', '.join(get_args(Kind))}")
        require(self.sentinels >= 0, "sentinels", "must not be negative")
        require(self.minimum_frequency >= 1, "minimum_frequency", "must be at least 1")
        require(self.sample >= 1, "sample", "must be at least 1 character")
        fixed = len(self.special_tokens)
        if self.kind in BYTE_LEVEL:
            # One more than the bytes themselves: fewer would leave nothing to learn.
            require(
                self.vocabulary > fixed + BYTES,
                "vocabulary",
                f"must be above {fixed + BYTES} for {self.kind}: {BYTES} bytes and {fixed} special tokens",
            )
        else:
            require(self.vocabulary > fixed, "vocabulary", f"must be above {fixed}, the number of special tokens")
        require(self.vocabulary <= 2**31 - 1, "vocabulary", "must be below 2^31")

    @property
    def special_tokens(self) -> tuple[str, ...]:
        """Names of the special tokens in the order of their ids, from 0."""
        return (PADDING, UNKNOWN, MASK, SEPARATOR, END, *(f"<extra_{i}>" for i in range(self.sentinels)))
