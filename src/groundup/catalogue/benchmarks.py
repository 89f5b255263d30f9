"""Data sets that others publish figures on. None is downloaded: who uses one puts it in place, and knows its terms.

They are named here so that recipes can say what they learn from, and the catalogue where it is to be had.
"""

from __future__ import annotations

from groundup.catalogue.dataset import DataSet, Split


def _placed(
    name: str, what: str, files: str, *, licence: str, size: int, splits: tuple[Split, ...], home: str, citation: str
) -> DataSet:
    """A data set that must be put in place: what it is, and how its files are to be named."""
    return DataSet(
        name=name,
        description=(
            f"{what} Never downloaded: put {files} into a folder `{name}` and let GROUNDUP_MIRROR name the folder "
            "above it."
        ),
        licence=licence,
        size=size,
        splits=splits,
        home=home,
        citation=citation,
        origins=(),
    )


BENCHMARKS = (
    _placed(
        "multi30k",
        "31,014 descriptions of pictures in English with their translation into German by people, one a line, and the "
        "1,000 of test2016.",
        "train.en.gz, train.de.gz, val.en.gz, val.de.gz, test2016.en.gz and test2016.de.gz",
        licence="for research; not for commerce",
        size=1_296_271,
        splits=(Split("train", "train.*.gz"), Split("validation", "val.*.gz"), Split("test", "test2016.*.gz")),
        home="https://github.com/multi30k/dataset",
        citation="D. Elliott, S. Frank, K. Sima'an and L. Specia (2016), Multi30K: Multilingual English-German Image "
        "Descriptions, Workshop on Vision and Language.",
    ),
    _placed(
        "sst2",
        "Sentences of film reviews, each a line behind 0 (negative) or 1 (positive), cut into words as in the Penn "
        "Treebank; sentences alone, without their phrases. The data set `movie-reviews` holds most of them too.",
        "train.txt and dev.txt",
        licence="for research; the reviews remain their writers'",
        size=833_244,
        splits=(Split("train", "train.txt"), Split("validation", "dev.txt")),
        home="https://nlp.stanford.edu/sentiment/",
        citation="R. Socher et al. (2013), Recursive Deep Models for Semantic Compositionality Over a Sentiment "
        "Treebank, EMNLP.",
    ),
    _placed(
        "squad",
        "Questions on Wikipedia's passages, each with answers that people marked there (SQuAD 1.1), or a part of them.",
        "train.json and dev.json",
        licence="CC BY-SA 4.0",
        size=3_472_879,
        splits=(Split("train", "train.json"), Split("validation", "dev.json")),
        home="https://rajpurkar.github.io/SQuAD-explorer/",
        citation="P. Rajpurkar, J. Zhang, K. Lopyrev and P. Liang (2016), SQuAD: 100,000+ Questions for Machine "
        "Comprehension of Text, arXiv 1606.05250.",
    ),
    _placed(
        "fairytaleqa",
        "Questions on parts of children's stories with answers that people wrote: explicit ones, which stand in the "
        "story, and implicit ones.",
        "train.jsonl and val.jsonl",
        licence="Apache-2.0",
        size=11_827_776,
        splits=(Split("train", "train.jsonl"), Split("validation", "val.jsonl")),
        home="https://github.com/uci-soe/FairytaleQAData",
        citation="Y. Xu et al. (2022), Fantastic Questions and Where to Find Them: FairytaleQA, arXiv 2203.13947.",
    ),
    _placed(
        "babi",
        "Twenty kinds of question about simulated stories, 1,000 of each, and 10,000 of the first.",
        "the files qa*_train.txt of its folder `en` (and qa1_10k_train.txt)",
        licence="CC BY 3.0",
        size=3_965_646,
        splits=(Split("train", "qa*_train.txt"),),
        home="https://research.fb.com/downloads/babi/",
        citation="J. Weston et al. (2015), Towards AI-Complete Question Answering: A Set of Prerequisite Toy Tasks, "
        "arXiv 1502.05698.",
    ),
)
