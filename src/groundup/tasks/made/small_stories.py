"""Small stories as bAbI files, one for each kind and part, in a size that a demo learns within minutes.

1,000 training questions of each kind are bAbI's own size (Weston et al. 2015, arXiv 1502.05698). Too few are held out
to tell a kind's score within a few percent, but that over all 13 kinds is sure within one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from groundup.progress import Progress
from groundup.tasks.examples import Story
from groundup.tasks.made.parts import shared
from groundup.tasks.made.what import MadeFiles
from groundup.tasks.parts import PARTS
from groundup.tasks.read import read_examples
from groundup.tasks.stories import write_babi

QUESTIONS = {"train": 1000, "validation": 50, "test": 200}


def make_stories(data: Mapping[str, Path], into: Path, seed: int, progress: Progress) -> MadeFiles:
    """Write `qa1_where-person_train.txt` and so on; the kinds stand in the order of `KINDS`."""
    del data  # All of it is simulated.
    files = write_babi(into, QUESTIONS, seed, progress=progress)
    names = {part: f"qa*_{part}.txt" for part in PARTS}
    parts = {part: list(read_examples(into / name, Story)) for part, name in names.items()}
    kinds = {file.stem.split("_")[1]: int(file.stem.split("_")[0].removeprefix("qa")) for file in files}
    return MadeFiles(
        **names,
        account={
            "parts": {part: {"questions": len(stories)} for part, stories in parts.items()},
            "kinds": {kind: _figures(parts, task) for kind, task in kinds.items()},
            "in_train_word_for_word": shared(parts),
        },
    )


def _figures(parts: Mapping[str, list[Story]], task: int) -> dict[str, object]:
    """Of one kind: sizes, the commonest training answer and how often it is right in the test part, and lengths."""
    train, test = ([story for story in parts[part] if story.task == task] for part in ("train", "test"))
    answers = Counter(story.answer for story in train)
    commonest = max(answers, key=answers.__getitem__)
    return {
        "train": len(train),
        "test": len(test),
        "answers": len(answers),
        "commonest_answer": commonest,
        "commonest_answer_right": sum(story.answer == commonest for story in test) / len(test),
        "longest_in_words": max(
            sum(len(sentence.text.split()) for sentence in story.sentences) + len(story.question.split())
            for story in train
        ),
    }
