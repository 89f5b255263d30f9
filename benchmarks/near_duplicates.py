"""Near duplicates: documents a second, and how many planted ones are found, against MinHash and LSH of datasketch.

Half of the documents are copies of the other half with some words replaced, so that the similarity (Jaccard, of
5-word shingles) of each pair lies evenly between .5 and 1 and is known exactly. A pair of .8 or more ought to be found.
Signatures of 128 numbers tell similarities to about .04, so pairs close to .8 are missed or found too much by anyone;
those beyond .9 are what a corpus must not keep, and are counted apart. Both sides check what banding brings together
against the estimated similarity, in one thread.

With --at-scale N each side works once through N documents in a process of its own, as a corpus comes: a shard of texts
after the other, of which nothing but signatures stays. Beside speed the most memory is told that the process took, and
what we announced before we began to look for duplicates.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from timing import Work, alternate, environment, find_source, parser, peer, positive, rounded, say, show, table

THRESHOLD, SURE = 0.8, 0.9
SHINGLE, PERMUTATIONS = 5, 128
WORDS, VOCABULARY = 300, 20_000
SHARD = 2_000

Pair = tuple[int, int]


@dataclass(frozen=True)
class Planted:
    """Documents, and the exact similarity of each planted pair."""

    texts: list[str]
    similarity: Mapping[Pair, float]


def main() -> None:
    options = parser(__doc__, rounds=3, seconds=1.0)
    options.add_argument("--documents", type=int, default=4000, help="how many, copies included (default 4,000)")
    options.add_argument("--at-scale", type=positive(int), metavar="N", help="once through so many documents instead")
    options.add_argument("--alone", action="store_true", help="at scale, without the peer")
    options.add_argument("--contender", choices=list(AT_SCALE), help="at scale, one side in this process")
    arguments = options.parse_args()
    find_source()
    if arguments.contender:
        print(json.dumps(AT_SCALE[arguments.contender](arguments.at_scale)))
        return
    if arguments.at_scale:
        at_scale(arguments.at_scale, is_alone=arguments.alone, as_json=arguments.json)
        return
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


def at_scale(documents: int, *, is_alone: bool, as_json: bool) -> None:
    """A row a contender, each measured in its own process; pairs are planted the same for both."""
    planted = {pair: value for shard in shards(documents) for pair, value in shard.similarity.items()}
    rows = []
    for name in ["groundup"] if is_alone else ["datasketch", "groundup"]:
        say(f"{name}: {documents:,} documents")
        command = [sys.executable, __file__, "--at-scale", str(documents), "--contender", name]
        done = subprocess.run(command, env=environment(), check=True, stdout=subprocess.PIPE, text=True)
        told = json.loads(done.stdout)
        found = {(one, other) for one, other in told.pop("pairs")}
        rows.append({"contender": name, **told, **quality(Planted([], planted), found)})
    pairs = sum(value >= THRESHOLD for value in planted.values())
    title = (
        f"Near duplicates at scale: {documents:,} documents of {WORDS} words, {pairs:,} pairs at {THRESHOLD} or more"
    )
    show(title, rows, ("numpy", "datasketch"), as_json=as_json)


@dataclass(frozen=True)
class Shard(Planted):
    """Documents `first` and on."""

    first: int


def shards(documents: int) -> Iterator[Shard]:
    """Originals first, then a changed copy of each; quicker than `plant`, and with no more than a shard in memory."""
    import numpy

    half = documents // 2
    weights = numpy.cumsum(1 / numpy.arange(1, VOCABULARY + 1))
    vocabulary = [f"word{number}" for number in range(VOCABULARY)]
    for is_copy in (False, True):
        for first in range(0, half, SHARD):
            chance = numpy.random.default_rng(first)
            count = min(SHARD, half - first)
            drawn = numpy.searchsorted(weights, chance.random((count, WORDS)) * weights[-1])
            texts, similarity = [], {}
            for number, row in enumerate(drawn.tolist()):
                words = [vocabulary[one] for one in row]
                if is_copy:
                    original = list(words)
                    wanted = chance.uniform(0.5, 1.0)
                    # A word that changes takes SHINGLE shingles away and brings as many.
                    changes = round(WORDS * (1 - wanted) / (1 + wanted) / SHINGLE)
                    for place in chance.choice(WORDS, changes, replace=False).tolist():
                        words[place] = f"changed{chance.integers(VOCABULARY)}"
                    similarity[first + number, half + first + number] = jaccard(original, words)
                texts.append(" ".join(words))
            yield Shard(texts, similarity, first + half * is_copy)


def ours_at_scale(documents: int) -> dict[str, Any]:
    """Signatures to disk, shard by shard; then what they have in common, in announced memory."""
    import numpy

    from groundup.corpus.duplicates import find_near, require, signature
    from groundup.corpus.settings import NearDuplicateSettings

    settings = NearDuplicateSettings(shingle=SHINGLE, threshold=THRESHOLD, permutations=PERMUTATIONS)
    signing, files = 0.0, []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for shard in shards(documents):
            began = time.perf_counter()
            marks = [mark for text in shard.texts if (mark := signature(text, settings)) is not None]
            files.append(folder / f"{shard.first:09}.npy")
            numpy.save(files[-1], numpy.stack(marks))
            signing += time.perf_counter() - began
        whole = peak_memory()
        announced = require(documents, settings)
        forget_peak()
        before = peak_memory()
        began = time.perf_counter()
        clusters = find_near(files, settings, folder / "clusters")
        looking = time.perf_counter() - began
        after = peak_memory()
        pairs = [pair for cluster in clusters for pair in combinations(cluster.members, 2)]
    return {
        "documents/s": rounded(documents / (signing + looking)),
        "signing, documents/s": rounded(documents / signing),
        "looking, documents/s": rounded(documents / looking),
        "peak MB": rounded(max(whole, after) / 1e6),
        "looking took MB": rounded((after - before) / 1e6),
        "announced MB": rounded(announced / 1e6),
        "pairs": pairs,
    }


def theirs_at_scale(documents: int) -> dict[str, Any]:
    """Signatures in an index in memory, each asked for what is like it before it goes in."""
    datasketch = peer("datasketch")
    index = datasketch.MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    marks: list[Any] = []
    pairs, signing, looking = [], 0.0, 0.0
    for shard in shards(documents):
        began = time.perf_counter()
        for text in shard.texts:
            mark = datasketch.MinHash(num_perm=PERMUTATIONS)
            mark.update_batch([shingle.encode() for shingle in shingles(text.split())])
            marks.append(mark)
        signing += time.perf_counter() - began
        began = time.perf_counter()
        for number in range(shard.first, shard.first + len(shard.texts)):
            mark = marks[number]
            pairs += [(other, number) for other in index.query(mark) if marks[other].jaccard(mark) >= THRESHOLD]
            index.insert(number, mark)
        looking += time.perf_counter() - began
    return {
        "documents/s": rounded(documents / (signing + looking)),
        "signing, documents/s": rounded(documents / signing),
        "looking, documents/s": rounded(documents / looking),
        "peak MB": rounded(peak_memory() / 1e6),
        "looking took MB": "",
        "announced MB": "",
        "pairs": pairs,
    }


AT_SCALE: dict[str, Callable[[int], dict[str, Any]]] = {"datasketch": theirs_at_scale, "groundup": ours_at_scale}


def peak_memory() -> int:
    """The most bytes that this process has held (Linux), since the start or since `forget_peak`."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def forget_peak() -> None:
    """Let the most that was held be what is held now (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")


if __name__ == "__main__":
    main()
