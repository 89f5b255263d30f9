"""Classification: one of several labels is chosen for a text, or for two texts that belong together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch

from groundup.errors import GroundupError, did_you_mean
from groundup.model.heads import HeadSettings
from groundup.model.model import Model
from groundup.progress import SILENT, Progress
from groundup.tasks.examples import Labelled
from groundup.tasks.head_logits import head_logits
from groundup.tasks.labels import labels_of, unknown_labels
from groundup.tasks.materials.rows import LabelledRows, RowMaterial
from groundup.tasks.parts import PARTS
from groundup.tasks.prediction import Prediction
from groundup.tasks.preparation import Ingredients, Prepared
from groundup.tasks.settings import TaskSettings
from groundup.tokens.tokenizer import Tokenizer
from groundup.training.symbols import symbols_of

HEAD = "label"


def prepare(given: Ingredients) -> Prepared:
    """Material of labelled rows. Raises GroundupError where the labels are no classes, or a part has others."""
    parts, task = given.parts, given.task
    known = labels_of(parts.train)
    known.check(task.train)
    names = sorted(known.counts)
    for part in PARTS[1:]:
        _check_known(parts[part], names, part)
    is_pair = any(example.second for example in parts.train)
    coder = given.coders.target
    layout = Layout(coder, given.context, task.keep, is_pair)
    kind: Literal["pair", "sequence"] = "pair" if is_pair and not given.is_causal else "sequence"
    train, cut = layout.rows(parts.train, names)
    validation, _ = layout.rows(parts.validation, names)
    material = RowMaterial(
        train=train,
        validation=validation,
        coder=coder,
        heads={HEAD: HeadSettings(kind, labels=len(names), pool=task.pool)},
        context=given.context,
        seed=given.seed,
        fingerprint=given.fingerprint,
        is_causal=given.is_causal,
        called=[example.id for example in parts.train],
    )
    facts = {
        "labels": names,
        "counts": known.counts,
        "is_pair": is_pair,
        "is_causal": given.is_causal,
        "context": given.context,
        "cut": cut,
    }
    share = cut / len(parts.train)
    long = f"{cut:,} of {len(parts.train):,} texts ({share:.0%}) are longer than {given.context:,} tokens and were cut"
    return Prepared(material, facts, notes=(*known.warnings(), *((long,) if cut else ())))


def _check_known(examples: Sequence[Labelled], names: Sequence[str], part: str) -> None:
    found = labels_of(examples)
    for label in unknown_labels(found, names):
        raise GroundupError(
            f"The {part} examples have the label {label!r} (first at {found.first[label]}), which no training example "
            f"has. {did_you_mean(label, names)}".rstrip(),
            f"Mend it; the labels learned are {', '.join(map(repr, names[:12]))}{', ...' * (len(names) > 12)}.",
        )


@dataclass(frozen=True)
class Layout:
    """How texts become rows: `<end> text <end>`, or `<end> A <sep> B <sep>` of two."""

    coder: Tokenizer
    context: int
    keep: Literal["beginning", "end", "both"]
    is_pair: bool

    def rows(self, examples: Sequence[Labelled], names: Sequence[str] = ()) -> tuple[LabelledRows, int]:
        """The rows, with their labels by number where `names` has them; and how many texts were cut."""
        # Where texts stand alone, what stands behind a tab is a part of them.
        texts = [f"{each.text}\t{each.second}" if each.second and not self.is_pair else each.text for each in examples]
        first = self.coder.encode_batch(texts)
        end, separator = self.coder.end, self.coder.separator
        labels = {HEAD: np.array([names.index(example.label) for example in examples])} if names else {}
        if not self.is_pair:
            room = self.context - 2
            ids = [[end, *self._cut(text, room), end] for text in first]
            return LabelledRows(ids, None, labels), sum(len(text) > room for text in first)
        second = self.coder.encode_batch([example.second for example in examples])
        rows, places, cut = [], [], 0
        for one, other in zip(first, second, strict=True):
            rooms = _rooms(len(one), len(other), self.context - 3)
            cut += rooms != (len(one), len(other))
            one, other = (self._cut(text, room) for text, room in zip((one, other), rooms, strict=True))
            rows.append([end, *one, separator, *other, separator])
            places.append(len(one) + 2)
        return LabelledRows(rows, np.array(places), labels), cut

    def _cut(self, text: list[int], room: int) -> list[int]:
        if len(text) <= room:
            return text
        head = {"beginning": room, "end": 0, "both": room // 4}[self.keep]
        return text[:head] + text[len(text) - (room - head) :]


def _rooms(one: int, other: int, room: int) -> tuple[int, int]:
    """How many tokens of two texts fit: the longer one gives way first."""
    first = min(one, max(room // 2, room - other))
    return first, min(other, room - first)


class Chooser(ABC):
    """Chooses labels by how probable each is."""

    names: Sequence[str]
    """The labels that were learned."""

    @abstractmethod
    def probabilities(self, examples: Sequence[Labelled], progress: Progress = SILENT) -> np.ndarray[Any, Any]:
        """[N, labels] for N texts, in the order of `names`."""

    def check_labels(self, examples: Sequence[Labelled]) -> Iterable[str]:
        """A sentence for each label of examples to be judged on that was not learned.

        Raises GroundupError where none of them was: nothing can be judged by such examples.
        """
        found = labels_of(examples)
        unknown = unknown_labels(found, self.names)
        if len(unknown) == len(found.counts):
            here, known = (", ".join(map(repr, list(names)[:12])) for names in (found.counts, self.names))
            raise GroundupError(
                f"None of the examples has a label that the model learned: theirs are {here}, and it knows {known}.",
                "Name the right column, or write the labels as they were learned; texts without labels are for: "
                "groundup classify",
            )
        return (
            f"the label {label!r} ({found.counts[label]:,}, first at {found.first[label]}) was never learned, so what "
            f"has it counts as wrong. {did_you_mean(label, self.names)}"
            for label in unknown
        )

    def predict(self, examples: Sequence[Labelled], progress: Progress = SILENT) -> list[Prediction]:
        """The likeliest label of each text, its probability, and those of all labels."""
        return predictions_of(self.names, self.probabilities(examples, progress))


def predictions_of(names: Sequence[str], probabilities: np.ndarray[Any, Any]) -> list[Prediction]:
    """The likeliest of the labels `names` for each text, from their probabilities [N, labels]."""
    return [
        Prediction(names[int(row.argmax())], float(row.max()), {"probabilities": shares_of(names, row)})
        for row in probabilities
    ]


def shares_of(names: Sequence[str], row: np.ndarray[Any, Any]) -> dict[str, float]:
    """The probabilities [labels] of a text by label, ready for JSON."""
    return {name: float(share) for name, share in zip(names, row, strict=True)}


class Classifier(Chooser):
    """One trained model."""

    def __init__(self, model: Model, coder: Tokenizer, task: TaskSettings, facts: Mapping[str, Any]) -> None:
        """`facts` are those that `prepare` gave."""
        self.model, self.coder = model.eval(), coder
        self.names = list(facts["labels"])
        self.is_causal: bool = facts["is_causal"]
        self.layout = Layout(coder, facts["context"], task.keep, facts["is_pair"])
        self.symbols = symbols_of(coder)

    @torch.inference_mode()
    def probabilities(self, examples: Sequence[Labelled], progress: Progress = SILENT) -> np.ndarray[Any, Any]:
        """[N, labels] for N texts, in the order of `names`."""
        found = np.zeros((len(examples), len(self.names)))
        if not examples:
            return found
        rows, _ = self.layout.rows(examples)
        read = head_logits(self.model, HEAD, rows, self.symbols, is_causal=self.is_causal, progress=progress)
        for chosen, logits in read:
            found[chosen] = logits.softmax(-1).double().cpu().numpy()
        return found


class Committee(Chooser):
    """Several that choose together: a label is as probable as they find it in the mean.

    Each reads texts by its own tokenizer and rules, so they may be of any kind and make.
    """

    def __init__(self, members: Mapping[Any, Chooser]) -> None:
        """`members` by what they are called. Raises GroundupError for one that learned other labels than the first."""
        (first, chooser), *others = members.items()
        for name, other in others:
            if set(other.names) != set(chooser.names):
                theirs, ours = (", ".join(map(repr, each.names[:12])) for each in (other, chooser))
                raise GroundupError(
                    f"{name} knows the labels {theirs}, and {first} knows {ours}: there is no mean of the two.",
                    "Name runs that learned the same labels.",
                )
        self.names, self.members = list(chooser.names), list(members.values())

    def probabilities(self, examples: Sequence[Labelled], progress: Progress = SILENT) -> np.ndarray[Any, Any]:
        """[N, labels] for N texts, in the order of `names`."""
        found = [
            member.probabilities(examples, progress)[:, [member.names.index(name) for name in self.names]]
            for member in self.members
        ]
        mean: np.ndarray[Any, Any] = np.mean(found, axis=0)
        return mean
