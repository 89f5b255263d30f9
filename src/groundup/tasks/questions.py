"""Questions whose answers are spans of a passage."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import torch

from groundup.errors import GroundupError
from groundup.model.heads import HeadSettings
from groundup.model.model import Model
from groundup.objectives.heads import SPAN as HEAD
from groundup.progress import SILENT, Progress
from groundup.tasks.answer_spans import SpanAnswer, best_answers
from groundup.tasks.examples import Question
from groundup.tasks.head_logits import head_logits
from groundup.tasks.materials.rows import LabelledRows, RowMaterial
from groundup.tasks.prediction import Prediction
from groundup.tasks.preparation import Ingredients, Prepared
from groundup.tasks.settings import TaskSettings
from groundup.tasks.windows import Window, cut
from groundup.tokens.shared_words import SharedWords, shared_words, tells_words
from groundup.tokens.tokenizer import Tokenizer
from groundup.training.symbols import symbols_of

# Answers listed of each question, where no more are asked for.
N_BEST = 5


def prepare(given: Ingredients) -> Prepared:
    """Material of windows over passages. Raises GroundupError where no answer can be pointed at."""
    coder, parts, task = given.coders.target, given.parts, given.task
    if given.is_causal:
        raise GroundupError(
            "A span is pointed at by a stack that sees the whole passage, and this model's reads from left to right.",
            "Put the mixers into model.encoder and leave model.decoder empty, or set task.answers to texts.",
        )
    windows = {name: _cut(parts[name], coder, task, given.context) for name in ("train", "validation")}
    answered = sum(any(window.answer for window in of_one) for of_one in windows["train"])
    if not answered:
        raise GroundupError(
            f"None of the {len(parts.train):,} training questions has an answer that stands in its passage.",
            "Set task.answers to texts, and answers are written instead of pointed at.",
        )
    words = shared_words(coder, given.segments) if tells_words(given.segments) else None
    rows = {name: rows_of(list(chain.from_iterable(found)), words) for name, found in windows.items()}
    material = RowMaterial(
        train=rows["train"],
        validation=rows["validation"],
        coder=coder,
        heads={HEAD: HeadSettings("span")},
        context=given.context,
        seed=given.seed,
        fingerprint=given.fingerprint,
        is_causal=False,
        called=[parts.train[window.question].id for window in chain.from_iterable(windows["train"])],
    )
    lost = len(parts.train) - answered
    note = f"{lost:,} of {len(parts.train):,} training questions have no answer in the passage that can be pointed at"
    facts = {"context": given.context, "windows": len(rows["train"].ids), "unanswered": lost}
    return Prepared(material, facts, notes=(note,) if lost else ())


def rows_of(windows: Sequence[Window], words: SharedWords | None = None) -> LabelledRows:
    """Windows as labelled rows; the passage is the second text, `words` tells what its words are to the question."""
    return LabelledRows(
        [window.ids for window in windows],
        np.array([window.first for window in windows]),
        {HEAD: np.array([window.labels for window in windows])},
        words,
    )


def _cut(questions: Sequence[Question], coder: Tokenizer, task: TaskSettings, context: int) -> list[list[Window]]:
    return list(cut(questions, coder, context=context, stride=task.stride, longest_question=task.longest_question))


class Finder:
    """Points at answers: a place is as probable as the models find it in the mean."""

    def __init__(self, models: Sequence[Model], coder: Tokenizer, task: TaskSettings, facts: Mapping[str, Any]) -> None:
        """`models` were trained alike; `facts` are those that `prepare` gave."""
        self.models, self.coder, self.task = [model.eval() for model in models], coder, task
        self.context: int = facts["context"]
        self.symbols = symbols_of(coder)
        segments = self.models[0].settings.segments
        self.words = shared_words(coder, segments) if tells_words(segments) else None

    @torch.inference_mode()
    def predict(self, examples: Sequence[Question], progress: Progress = SILENT) -> list[Prediction]:
        """The best answer to each question with its probability, where it stands, and the next best."""
        windows = _cut(examples, self.coder, self.task, self.context)
        ends = self._ends(list(chain.from_iterable(windows)), progress)
        predictions, done = [], 0
        threshold = -math.inf if self.task.null_threshold is None else self.task.null_threshold
        for of_one in windows:
            mine = ends[done : done + len(of_one)]
            done += len(of_one)
            best = best_answers(
                of_one,
                [each[0] for each in mine],
                [each[1] for each in mine],
                n_best=max(N_BEST, self.task.search.n_best),
                longest=self.task.longest_answer,
                null_threshold=threshold,
                whole_words=self.task.whole_words,
            )
            first = best[0]
            more = {"start": first.start, "end": first.end, "others": [_plain(other) for other in best[1:]]}
            predictions.append(Prediction(first.text, first.probability, more))
        return predictions

    def _ends(self, windows: Sequence[Window], progress: Progress) -> list[np.ndarray[Any, Any]]:
        """For each window the log-probabilities [2, T] of first and last place."""
        if not windows:
            return []
        found: list[list[np.ndarray[Any, Any]]] = [[] for _ in windows]
        rows = rows_of(windows, self.words)
        for model in self.models:
            for chosen, logits in head_logits(model, HEAD, rows, self.symbols, is_causal=False, progress=progress):
                for place, row in zip(chosen, logits.log_softmax(-1).cpu().numpy(), strict=True):
                    found[place].append(row)
        # The logarithm of the mean; of one model its own.
        return [np.logaddexp.reduce(of_one) - math.log(len(of_one)) for of_one in found]


def _plain(answer: SpanAnswer) -> dict[str, Any]:
    """An answer as it is told: its score is its probability, as that of the answer that is given is."""
    return {"text": answer.text, "start": answer.start, "end": answer.end, "score": answer.probability}
