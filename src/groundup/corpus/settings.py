"""What a corpus is made of and how it is cleaned.

Every value here changes the result, so the number of workers is none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from groundup.corpus.contamination_settings import ContaminationSettings
from groundup.corpus.extraction.settings import ExtractionSettings
from groundup.corpus.extraction.wikitext_settings import WikitextSettings
from groundup.corpus.language import LanguageSettings
from groundup.corpus.privacy.settings import PrivacySettings
from groundup.corpus.quality.settings import QualitySettings
from groundup.corpus.sources.settings import SourceSettings
from groundup.corpus.substring_settings import SubstringSettings
from groundup.settings import require

__all__ = [
    "ClassicSettings",
    "CorpusSettings",
    "LimitSettings",
    "NearDuplicateSettings",
    "RepairSettings",
    "SourceSettings",
    "ValidationSettings",
]


@dataclass(frozen=True)
class RepairSettings:
    """Single steps of the cleaning before the filters. Line ends are made alike in any case."""

    mojibake: bool = True
    """Mend text that was decoded wrongly once."""
    control_characters: bool = True
    """Remove control characters but tabs and line ends."""
    symbol_lines: bool | None = None
    """Drop lines of three or more symbols and nothing else; null does as the profile of `cleaning` says."""


@dataclass(frozen=True)
class ClassicSettings:
    """How the `classic` cleaning goes about punctuation and case; the other profiles keep both."""

    keep: str = ".!?"
    """Punctuation that stays: a model that never saw a full stop cannot end a sentence."""
    inside_words: bool = False
    """Remove punctuation inside numbers, addresses and contractions too, which makes 10.1 and 101 one word."""
    lowercase: bool = False
    """Make all letters small."""
    punctuation: bool = True
    """Remove punctuation and symbols at all; false keeps them, for whoever wants the other steps alone."""
    compatibility_forms: bool = True
    """Write ligatures, full-width letters, superscripts and their like as plain characters (NFKC)."""
    before_filters: bool = False
    """Refused, with the reason, for whoever looks for the textbook's order: punctuation goes last of all."""

    def __post_init__(self) -> None:
        require(
            not self.before_filters,
            "before_filters",
            "punctuation cannot go before the filters: without it the usual quality rules dropped all of 220 real "
            "pages, of which they drop one in seventeen. Leave it out, and it goes after all that judges a text.",
        )


@dataclass(frozen=True)
class NearDuplicateSettings:
    """Finding texts that are nearly the same, by MinHash signatures (Broder 1997) and banding.

    The plays of the `shakespeare` data set show what to set for old spelling. The least alike of its 35 folio
    and modern pairs and the most alike of its 2,891 other pairs have these Jaccard similarities: 5 words .13
    and .01; 3 words .23 and .02; 3 words with `fold_spelling` .39 and .02; 9 characters .35 and .09. So 3
    folded words and a threshold of .25 find them all and nothing else; 5 words at .8 find none.
    """

    unit: Literal["words", "characters"] = "words"
    """What shingles are made of. Characters suit languages that put no spaces between words."""
    shingle: int = 5
    """How many units in a row are one shingle."""
    threshold: float = 0.8
    """Share of shingles two texts must have in common, of all that either has (Jaccard), to be near duplicates."""
    permutations: int = 128
    """Numbers in a signature; the similarity's standard error is at most .5 / sqrt(permutations)."""
    fold_spelling: bool = False
    """Compare early modern English as if it were spelt today: v as u, j as i, y as i, vv as w, long s as s, doubled
    letters once, no final e."""
    keep: Literal["first", "longest"] = "first"
    """Which text of a cluster stays: the first in the order of the sources and of the file names, or the longest."""

    def __post_init__(self) -> None:
        require(1 <= self.shingle <= 100, "shingle", "shingle must be 1 to 100.")
        require(0.1 <= self.threshold <= 1, "threshold", "threshold is a share from 0.1 to 1.")
        require(16 <= self.permutations <= 1024, "permutations", "permutations must be 16 to 1024.")


@dataclass(frozen=True)
class ValidationSettings:
    """Which part of the text is kept from training, to measure on."""

    fraction: float = 0.1
    """Share of the documents or characters that validates; 0 keeps none."""
    by: Literal["documents", "characters"] = "documents"
    """`documents` takes whole documents, chosen by the hash of their id. `characters` takes the end of all the text
    put in a row, and cuts the document that lies across the cut in two."""
    documents: tuple[str, ...] = ()
    """Patterns for the documents to hold out, matched against id, file name and title, in place of `fraction`."""

    def __post_init__(self) -> None:
        require(0 <= self.fraction < 1, "fraction", "fraction is a share: 0 or more and below 1.")
        require(
            not self.documents or self.by == "documents",
            "documents",
            "documents can be held out by name only with `by: documents`.",
        )


@dataclass(frozen=True)
class LimitSettings:
    """What one page may take before it is given up; it is tried twice."""

    seconds: float = 30.0
    """Of processor time."""
    memory: int = 2_000
    """Million bytes beyond what the process begins with."""

    def __post_init__(self) -> None:
        require(1 <= self.seconds <= 86_400, "seconds", "seconds must be 1 to 86,400.")
        require(64 <= self.memory <= 1_000_000, "memory", "memory must be 64 to 1,000,000 million bytes.")


@dataclass(frozen=True)
class CorpusSettings:
    """From which sources, cleaned how, judged by what, without which duplicates, split how."""

    sources: tuple[SourceSettings, ...]
    """Where the texts come from. Their order is the order of the documents."""
    extraction: ExtractionSettings = ExtractionSettings()
    """How the main text is taken out of web pages."""
    wikitext: WikitextSettings = WikitextSettings()
    """How the text is taken out of a wiki's markup."""
    limits: LimitSettings = LimitSettings()
    """What one page may take."""
    cleaning: Literal["faithful", "standard", "classic"] = "standard"
    """`faithful` mends encoding faults only; `standard` also drops lines of mere symbols; `classic` removes
    punctuation, as the last step of all."""
    repair: RepairSettings = RepairSettings()
    """Steps of the cleaning to leave out, or to take from another profile."""
    classic: ClassicSettings = ClassicSettings()
    """What `classic` does with punctuation and case."""
    language: LanguageSettings | None = None
    """Tell the language of each document, and keep only some; null does not look."""
    quality: QualitySettings | None = None
    """Signals of quality, and rules that judge by them; null keeps no signals."""
    contamination: ContaminationSettings | None = None
    """Drop or cut what a model will be examined on; null does not look. A recipe's own task is no exception: its test
    examples are looked for where they are named."""
    minimum_characters: int = 1
    """Documents with fewer characters, spaces at either end not counted, are dropped."""
    exact_duplicates: bool = True
    """Drop documents that are the same as an earlier one but for white space."""
    near_duplicates: NearDuplicateSettings | None = NearDuplicateSettings()
    """Drop documents that are nearly the same as one that stays; null keeps them."""
    substring_duplicates: SubstringSettings | None = None
    """Cut passages that stand word for word in an earlier place; null leaves them."""
    privacy: PrivacySettings | None = None
    """Mask personal data in texts and titles, and in what the ledger shows of them; null leaves it. The stage
    `documents`, which is not for other people, keeps what was read."""
    validation: ValidationSettings = ValidationSettings()
    """What is held out of training."""

    def __post_init__(self) -> None:
        require(len(self.sources) > 0, "sources", "a corpus needs at least one source.")
        require(self.minimum_characters >= 1, "minimum_characters", "minimum_characters must be 1 or more.")

    @property
    def texts(self) -> tuple[SourceSettings, ...]:
        """All that a corpus is made from: its sources, what it looks for, what teaches its quality filter."""
        sought = () if self.contamination is None else self.contamination.sets
        linear = None if self.quality is None else self.quality.linear
        taught = () if linear is None else (*linear.good, *linear.ordinary)
        return (*self.sources, *(one.source for one in sought), *taught)
