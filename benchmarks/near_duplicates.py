"""Near duplicates: documents a second, and how many planted ones are found, against MinHash and LSH of datasketch.

Half of the documents are copies of the other half with some words replaced, so that the similarity (Jaccard, of
5-word shingles) of each pair lies evenly between .5 and 1 and is known exactly. A pair of .8 or more ought to be found.
Signatures of 128 numbers tell similarities to about .04, so pairs close to .8 are missed or found too much by anyone;
those beyond .9 are what a corpus must not keep, and are counted apart. Both sides check what banding brings together
against the estimated similarity, in one thread.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from timing import Work, alternate, find_source, parser, peer, rounded, show, table

THRESHOLD, SURE = 0.8, 0.9
SHINGLE, PERMUTATIONS = 5, 128
WORDS, VOCABULARY = 300, 20_000

Pair = tuple[int, int]


@dataclass(frozen=True)
class Planted:
    """Documents, and the exact similarity of each planted pair."""

    texts: list[str]
    similarity: Mapping[Pair, float]


def main() -> None:
    options = parser(__doc__, rounds=3, seconds=1.0)
    options.add_argument("--documents", type=int, default=4000, help="how many, copies included (default 4,000)")
    arguments = options.parse_args()
    find_source()
    datasketch = peer("datasketch")
    planted = plant(arguments.documents, seed=1)
    found: dict[str, set[Pair]] = {}

    def remembered(name: str, search: Any) -> Work:
        def work() -> float:
            found[name] = search(planted.texts)
            return float(len(planted.texts))

        return work

    contenders = {
        "datasketch": remembered("datasketch", lambda texts: theirs(texts, datasketch)),
        "groundup": remembered("groundup", ours),
    }
    results = alternate(contenders, rounds=arguments.rounds, seconds=arguments.seconds, warm_ups=1)
    rows = [{**row, **quality(planted, found[row["contender"]])} for row in table(results, "documents/s", "datasketch")]
    pairs = sum(value >= THRESHOLD for value in planted.similarity.values())
    title = (
        f"Near duplicates: {len(planted.texts):,} documents of {WORDS} words, {pairs:,} pairs at {THRESHOLD} or more"
    )
    show(title, rows, ("numpy", "datasketch"), as_json=arguments.json)


def plant(documents: int, seed: int) -> Planted:
    """Originals first, then a changed copy of each."""
    chance = random.Random(seed)
    vocabulary = [f"word{number}" for number in range(VOCABULARY)]
    # As in real text a few words are most of it (Zipf's law).
    weights = [1 / (rank + 1) for rank in range(VOCABULARY)]
    originals = [chance.choices(vocabulary, weights, k=WORDS) for _ in range(documents // 2)]
    texts, similarity = [" ".join(words) for words in originals], {}
    for number, words in enumerate(originals):
        wanted, copy = chance.uniform(0.5, 1.0), list(words)
        places = list(range(WORDS))
        chance.shuffle(places)
        reached = 1.0
        while places and reached > wanted:
            copy[places.pop()] = f"changed{chance.randrange(VOCABULARY)}"
            reached = jaccard(words, copy)
        similarity[number, len(texts)] = reached
        texts.append(" ".join(copy))
    return Planted(texts, similarity)


def shingles(words: Sequence[str]) -> Iterator[str]:
    """Every run of SHINGLE words."""
    return (" ".join(words[place : place + SHINGLE]) for place in range(len(words) - SHINGLE + 1))


def jaccard(one: Sequence[str], other: Sequence[str]) -> float:
    """Shingles in both, of all that are in either."""
    first, second = set(shingles(one)), set(shingles(other))
    return len(first & second) / len(first | second)


def ours(texts: Sequence[str]) -> set[Pair]:
    """Pairs in the same cluster of ours."""
    import numpy

    from groundup.corpus.duplicates import near_clusters, signature
    from groundup.corpus.settings import NearDuplicateSettings

    settings = NearDuplicateSettings(shingle=SHINGLE, threshold=THRESHOLD, permutations=PERMUTATIONS)
    signatures = [mark for text in texts if (mark := signature(text, settings)) is not None]
    clusters = near_clusters(numpy.stack(signatures), [len(text) for text in texts], settings)
    return {pair for cluster in clusters for pair in combinations(sorted(cluster.members), 2)}


def theirs(texts: Sequence[str], datasketch: Any) -> set[Pair]:
    """Pairs that datasketch's index brings together and its estimate confirms."""
    index = datasketch.MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    marks: list[Any] = []
    found: set[Pair] = set()
    for number, text in enumerate(texts):
        mark = datasketch.MinHash(num_perm=PERMUTATIONS)
        mark.update_batch([shingle.encode() for shingle in shingles(text.split())])
        for other in index.query(mark):
            if marks[other].jaccard(mark) >= THRESHOLD:
                found.add((other, number))
        index.insert(number, mark)
        marks.append(mark)
    return found


def quality(planted: Planted, found: set[Pair]) -> dict[str, float]:
    """The shares of the pairs that ought to be found and were, and of those found that ought to be."""
    true = {pair for pair, value in planted.similarity.items() if value >= THRESHOLD}
    sure = {pair for pair, value in planted.similarity.items() if value >= SURE}
    return {
        f"recall >= {THRESHOLD}": rounded(len(found & true) / max(1, len(true))),
        f"recall >= {SURE}": rounded(len(found & sure) / max(1, len(sure))),
        "precision": rounded(len(found & true) / max(1, len(found))),
    }


if __name__ == "__main__":
    main()
