"""Texts written of texts: translations, and answers that are not spans of a passage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from groundup.decoding.engine import DecoderEngine, Engine
from groundup.decoding.many import write_many
from groundup.decoding.maps import Alignment, alignment, by_words
from groundup.decoding.text import TextCoder
from groundup.errors import GroundupError
from groundup.model.model import Model
from groundup.progress import SILENT, Progress
from groundup.tasks.examples import Pair, Question
from groundup.tasks.materials.exchange import Exchange
from groundup.tasks.materials.pairs import Coders, Encoded, PairMaterial, encoded
from groundup.tasks.prediction import Prediction
from groundup.tasks.preparation import Ingredients, Prepared
from groundup.tasks.settings import Exchangeable, TaskSettings
from groundup.tokens.tokenizer import Tokenizer


def pair_of(example: Pair | Question) -> Pair:
    """A question as a pair: passage and question are read, its first answer (or nothing) is written.

    All begin behind a space. Tokenizers take the space before a word along, and would know the first word of each text,
    which an answer often is, as another word than the same one further on.
    """
    if isinstance(example, Pair):
        return example
    answer = f" {example.answers[0].text.lstrip()}" if example.answers else ""
    return Pair(example.id, f" {example.context.lstrip()}\n {example.question.lstrip()}", answer)


def prepare(given: Ingredients) -> Prepared:
    """Material of pairs. Raises GroundupError where a part has no pair that fits into the context."""
    coders = given.coders
    _check_known(given.task.exchangeable, coders.source)
    pairs = {name: [pair_of(example) for example in given.parts[name]] for name in ("train", "validation")}
    sides: dict[str, Encoded] = {name: encoded(part, coders, given.context, name) for name, part in pairs.items()}
    material = PairMaterial(
        train=sides["train"].stream,
        validation=sides["validation"].stream,
        coders=coders,
        context=given.context,
        seed=given.seed,
        fingerprint=given.fingerprint,
        texts=[pairs["train"][place] for place in sides["train"].kept],
        exchange=Exchange(given.task.exchangeable) if given.task.exchangeable else None,
    )
    too_long = {name: side.too_long for name, side in sides.items()}
    notes = tuple(
        f"{count:,} of {len(pairs[name]):,} {name} pairs have more than {given.context:,} tokens on a side "
        "and are left out"
        for name, count in too_long.items()
        if count
    )
    sample = pairs["validation"][int(sides["validation"].kept[0])].source
    return Prepared(material, {"too_long": too_long, "context": given.context}, sample, notes)


def _check_known(lists: Sequence[Exchangeable], coder: Tokenizer) -> None:
    """Raise GroundupError for a word that a tokenizer of whole words has never met: it could not be read."""
    words = [word for these in lists for form in these.forms for word in form]
    strange = [word for word in words if coder.unknown in coder.encode(f" {word}")]
    if strange:
        raise GroundupError(
            f"task.exchangeable has {', '.join(strange[:8])}, which the examples do not have, so that the tokenizer "
            "does not know what it reads.",
            "Write words as they stand in the examples, or set tokenizer.kind to bpe, which can read any.",
        )


class Reader(TextCoder, Protocol):
    """What is needed of the tokenizer of sources."""

    def encode_with_offsets(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Token ids of a text, and of each the place of its first character and the one behind its last."""


class Translator:
    """Writes a text for each text, with one model or several that vote."""

    def __init__(self, engine: Engine, coders: Coders, task: TaskSettings, reader: Reader | None = None) -> None:
        """An engine that reads sources, such as `engine_of` gives; `reader`: of sources, if not the coders' own."""
        self.engine, self.coders, self.search = engine, coders, task.search
        self.reader: Reader = coders.source if reader is None else reader
        if engine.longest is not None:
            most = min(task.search.tokens, engine.longest)
            least = min(task.search.minimum_tokens, engine.longest)
            self.search = replace(task.search, tokens=most, minimum_tokens=least)

    def predict(self, examples: Sequence[Pair | Question], progress: Progress = SILENT) -> list[Prediction]:
        """The best text for each, with its score; more of them where the search is for several."""
        return self.write([pair_of(example).source for example in examples], progress)

    def write(self, sources: Sequence[str], progress: Progress = SILENT) -> list[Prediction]:
        """The best text for each source: of nothing, nothing; of one too long for the model, of its beginning."""
        there = {place: self._fitting(source, self.reader) for place, source in enumerate(sources) if source.strip()}
        texts = write_many(
            self.engine,
            self.coders.target,
            list(there.values()),
            self.search,
            source_coder=self.reader,
            progress=progress,
        )
        found = [Prediction("")] * len(sources)
        for place, best in zip(there, texts, strict=True):
            others = {"others": [{"text": other.text.strip(), "score": other.score} for other in best[1:]]}
            found[place] = Prediction(best[0].text.strip(), best[0].score, others if best[1:] else {})
        return found

    def align(self, source: str, target: str) -> Alignment:
        """Which words of a source the model looks at for each word of a text written of it: the mean of its attention.

        Of texts too long for the model their beginnings. Raises GroundupError where several models write together, and
        where the model does not look at sources.
        """
        if not isinstance(self.engine, DecoderEngine):
            raise GroundupError(
                "Several models that write together look at a source each in its own way.", "Ask one of them alone."
            )
        if not self.engine.reads_sources:
            raise GroundupError(
                "This model does not look at a source while it writes, so there is nothing to be drawn of it.",
                "Train one with an encoder, and cross, additive or luong in model.decoder.",
            )
        coder = self.coders.target
        texts = self._fitting(source, self.reader), self._fitting(target, coder)
        return by_words(alignment(self.engine.model, coder, *texts, self.reader, ends_source=self.engine.ends_sources))

    def _fitting(self, text: str, coder: Reader) -> str:
        """As much of a text as the model has positions for, one of which is the end token's."""
        most = self.engine.longest
        while most is not None and len(found := coder.encode_with_offsets(text)[1]) >= most:
            # Cut anew, the last word may have more tokens than it had.
            text = text[: min(found[most - 1][0], len(text) - 1)]
        return text


def engine_of(model: Model) -> Engine:
    """The engine of a model that learned from pairs, whose sources the end token closes."""
    return DecoderEngine(model, ends_sources=True)
