"""Running text as material: windows of it, or pairs of its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from groundup.decoding.text import TextCoder
from groundup.errors import GroundupError
from groundup.model.heads import HeadSettings
from groundup.objectives.rows import Symbols
from groundup.tokens.batches import EveryToken, Windows
from groundup.tokens.bpe_dropout import BpeDropout
from groundup.tokens.cloze import Cloze, answer_words
from groundup.tokens.pairs import NextSentence, SentenceOrder, SentencePairs
from groundup.tokens.respelled import Respelled
from groundup.tokens.sentences import SentenceRules, sentence_starts
from groundup.tokens.shards import TokenStream
from groundup.tokens.shared_words import SharedWords
from groundup.training.material import Batches, HeldOut, held_out_at_once
from groundup.training.settings import TrainingSettings

# Tokens that are enough to know how frequent each is.
COUNTED, COUNTED_AT_ONCE = 50_000_000, 1_000_000


PAIRS: Mapping[str, type[SentencePairs]] = {"next_sentence": NextSentence, "sentence_order": SentenceOrder}


@dataclass(frozen=True)
class RunningText:
    """A text to learn from and one held out, as long rows of tokens."""

    train: TokenStream
    validation: TokenStream
    coder: TextCoder
    symbols: Symbols
    context: int
    """Tokens of a row."""
    seed: int
    fingerprint: str
    """Of the token shards: batches depend on it and the seed, on nothing else."""
    sentences: SentenceRules | None = None
    """What tells sentences apart, for objectives of pairs of them."""
    words: SharedWords | None = None
    """What tells which words two texts share, for questions that the text asks of itself."""
    is_told: bool = False
    """Whether segments say of each word of a passage what it is to the question."""
    respell: BpeDropout | None = None
    """Spells training text anew at every step, where the objective asks for it."""
    sentence_ends: tuple[int, ...] = ()
    """The ids that end a sentence, for an encoder that reads sentences."""
    source_vocabulary: int | None = None
    read_share: float | None = None
    heads: Mapping[str, HeadSettings] = field(default_factory=dict)

    @property
    def source_coder(self) -> TextCoder:
        """The same for both sides."""
        return self.coder

    @property
    def ends_sources(self) -> bool:
        """Running text is cut anywhere."""
        return False

    def has_one_shape(self, settings: TrainingSettings) -> bool:
        """Rows are full."""
        return True

    @property
    def tokens(self) -> int:
        """Tokens to learn from, read once."""
        return int(self.train.tokens.size)

    @property
    def held_out_tokens(self) -> int:
        """Tokens to be measured on."""
        return int(self.validation.tokens.size)

    @property
    def bytes_per_token(self) -> float:
        """UTF-8 bytes of the held-out text, over its tokens."""
        return self.validation.bytes / self.validation.tokens.size

    def batches(self, settings: TrainingSettings) -> Batches:
        """The training batches of a run whose `settings` say the number of rows."""
        assert settings.batch is not None
        if settings.objective.pairs != "none":
            return self._pairs(settings, self.train, settings.batch)
        windows = Windows(
            self.train,
            context=self.context,
            rows=settings.batch,
            fingerprint=self.fingerprint,
            seed=self.seed,
            documents=settings.documents_apart,
        )
        if not settings.objective.bpe_dropout:
            return windows
        assert self.respell is not None, "BPE-dropout without a tokenizer to spell with"
        return Respelled(windows, self.respell)

    def names(self, batches: Batches, number: int) -> Sequence[str]:
        """A piece of text has no name."""
        return ()

    def held_out(self, settings: TrainingSettings, tokens: int) -> HeldOut:
        """Batches of held-out text, small enough that `tokens` of it can be taken from several places."""
        rows = max(1, held_out_at_once(tokens, self.held_out_tokens) // self.context)
        if settings.objective.pairs != "none":
            return self._pairs(settings, self.validation, rows).held_out()
        return EveryToken(self.validation, context=self.context, rows=rows, documents=settings.documents_apart)

    def counts(self) -> NDArray[np.int64]:
        """How often each id [V] occurs in the training text, or in the beginning of a long one."""
        counts = np.zeros(self.coder.vocabulary, dtype=np.int64)
        # In parts, because each is turned into eight bytes a token.
        for first in range(0, min(COUNTED, self.tokens), COUNTED_AT_ONCE):
            part = self.train.tokens[first : min(first + COUNTED_AT_ONCE, COUNTED)]
            counts += np.bincount(part, minlength=len(counts))
        return counts

    def _pairs(self, settings: TrainingSettings, stream: TokenStream, rows: int) -> SentencePairs | Cloze:
        assert self.sentences is not None, "pairs of sentences without rules that tell sentences apart"
        make: Callable[..., SentencePairs | Cloze]
        if settings.objective.pairs == "cloze":
            assert self.words is not None, "questions without what tells which words they share with a passage"
            answers = answer_words(self.words, self.counts())
            make = partial(Cloze, words=self.words, answers=answers, mask=self.symbols.mask, is_told=self.is_told)
        else:
            make = PAIRS[settings.objective.pairs]
        try:
            return make(
                stream,
                sentence_starts(stream, self.sentences),
                context=self.context,
                rows=rows,
                separator=self.symbols.separator,
                padding=self.symbols.padding,
                fingerprint=self.fingerprint,
                seed=self.seed,
            )
        except GroundupError as error:
            part = "held-out" if stream is self.validation else "training"
            count = f"{stream.documents:,} document{'s' * (stream.documents != 1)}"
            raise GroundupError(
                f"The {part} text ({count}): {error.message}",
                f"{error.remedy} corpus.validation decides which documents are held out.",
            ) from error
