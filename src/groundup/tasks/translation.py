"""Texts written of texts: translations, and answers that are not spans of a passage."""

from __future__ import annotations

from collections.abc import Sequence

from groundup.decoding.engine import DecoderEngine, Engine
from groundup.decoding.many import write_many
from groundup.model.model import Model
from groundup.progress import SILENT, Progress
from groundup.tasks.examples import Pair, Question
from groundup.tasks.materials.pairs import Coders, Encoded, PairMaterial, encoded
from groundup.tasks.prediction import Prediction
from groundup.tasks.recipe import TaskSettings
from groundup.tasks.setting import Prepared, Setting


def pair_of(example: Pair | Question) -> Pair:
    """A question as a pair: passage and question are read, its first answer (or nothing) is written."""
    if isinstance(example, Pair):
        return example
    answer = example.answers[0].text if example.answers else ""
    return Pair(example.id, f"{example.context}\n{example.question}", answer)


def prepare(setting: Setting) -> Prepared:
    """Material of pairs. Raises GroundupError where a part has no pair that fits into the context."""
    coders = setting.coders
    pairs = {name: [pair_of(example) for example in setting.parts[name]] for name in ("train", "validation")}
    sides: dict[str, Encoded] = {name: encoded(part, coders, setting.context, name) for name, part in pairs.items()}
    material = PairMaterial(
        train=sides["train"].stream,
        validation=sides["validation"].stream,
        coders=coders,
        context=setting.context,
        seed=setting.seed,
        fingerprint=setting.fingerprint,
        texts=[pairs["train"][place] for place in sides["train"].kept],
    )
    too_long = {name: side.too_long for name, side in sides.items()}
    notes = tuple(
        f"{count:,} of {len(pairs[name]):,} {name} pairs have more than {setting.context:,} tokens on a side "
        "and are left out"
        for name, count in too_long.items()
        if count
    )
    sample = pairs["validation"][int(sides["validation"].kept[0])].source
    return Prepared(material, {"too_long": too_long, "context": setting.context}, sample, notes)


class Translator:
    """Writes a text for each text, with one model or several that vote."""

    def __init__(self, engine: Engine, coders: Coders, task: TaskSettings) -> None:
        """An engine that reads sources, such as `engine_of` gives."""
        self.engine, self.coders, self.task = engine, coders, task

    def predict(self, examples: Sequence[Pair | Question], progress: Progress = SILENT) -> list[Prediction]:
        """The best text for each, with its score; more of them where the search is for several."""
        return self.write([pair_of(example).source for example in examples], progress)

    def write(self, sources: Sequence[str], progress: Progress = SILENT) -> list[Prediction]:
        """The best text for each source."""
        texts = write_many(
            self.engine,
            self.coders.target,
            sources,
            self.task.search,
            source_coder=self.coders.source,
            progress=progress,
        )
        return [
            Prediction(
                best[0].text,
                best[0].score,
                {"others": [{"text": other.text, "score": other.score} for other in best[1:]]} if best[1:] else {},
            )
            for best in texts
        ]


def engine_of(model: Model) -> Engine:
    """The engine of a model that learned from pairs, whose sources the end token closes."""
    return DecoderEngine(model, ends_sources=True)
