"""What tokenizers and shards promise: any text round-trips (R12), damage is noticed (R5), the same text is
the same tokenizer and the same shards everywhere (R8), and text cannot forge special tokens (S7).
"""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import groundup
from groundup.errors import GroundupError
from groundup.tokens.settings import Kind, TokenizerSettings
from groundup.tokens.shards import open_shards, write_shards
from groundup.tokens.tokenizer import Tokenizer, load_tokenizer, whole_characters
from groundup.tokens.train import train_tokenizer

KINDS: tuple[Kind, ...] = ("character", "word", "bpe", "wordpiece", "unigram")
EXAMPLES = 1000
TEXT = (
    "Whan that Aprille with his shoures soote, the droghte of Marche hath perced to the roote; 1387 <end> ##x\n\n"
    "Ça va très bien, merci! Wie schön — 日本語の文章, हिन्दी भाषा 😀👩‍👩‍👧 don't we'll <pad><mask>\r\n\t" * 5
)


@cache
def trained(kind: Kind) -> Tokenizer:
    return train_tokenizer([TEXT], TokenizerSettings(kind=kind, vocabulary=700, sentinels=4))


# Any bytes, read the two ways that readers read them, and any string that Python can hold.
any_text = (
    st.binary().map(lambda content: content.decode("utf-8", "surrogateescape"))
    | st.binary().map(lambda content: content.decode("utf-8", "replace"))
    | st.text(st.characters(codec=None))
    | st.lists(st.sampled_from([*TEXT, " ", "\n", "  ", "##", "<pad>", "\x00", "\ufeff", "\u0301"])).map("".join)
)


@pytest.mark.parametrize("kind", KINDS)
def test_any_text_round_trips(kind: Kind) -> None:
    """Byte-level kinds lose nothing; the others only what they have no token for. Lone surrogates become
    U+FFFD."""
    tokenizer = trained(kind)

    @given(any_text)
    @settings(max_examples=EXAMPLES, deadline=None, database=None)
    def check(text: str) -> None:
        ids = tokenizer.encode(text)
        assert all(0 <= token < tokenizer.vocabulary for token in ids)
        if kind in ("bpe", "unigram"):
            assert tokenizer.unknown not in ids
        if tokenizer.unknown not in ids:
            assert tokenizer.decode(ids) == whole_characters(text)
        if kind == "character":
            assert len(ids) == len(whole_characters(text))

    check()


@pytest.mark.parametrize("kind", KINDS)
def test_any_ids_decode(kind: Kind) -> None:
    tokenizer = trained(kind)

    @given(st.lists(st.integers(0, tokenizer.vocabulary - 1)), st.booleans())
    @settings(max_examples=EXAMPLES, deadline=None, database=None)
    def check(ids: list[int], shown: bool) -> None:
        tokenizer.decode(ids, show_special=shown).encode()

    check()


@pytest.mark.parametrize("kind", KINDS)
def test_text_cannot_forge_special_tokens(kind: Kind, tmp_path: Path) -> None:
    trained(kind).save(tmp_path)
    generator = random.Random(7)
    for tokenizer in (trained(kind), load_tokenizer(tmp_path)):
        names = list(tokenizer.special_tokens)
        around = ["", " ", "\n", "<", ">", "x", "Aprille ", "\u200b", "##", "<|", "|>", "é", "▁", "Ġ"]
        special = set(tokenizer.special_tokens.values()) - {tokenizer.unknown}
        for _ in range(1000):
            words = [generator.choice(around) + generator.choice(names) + generator.choice(around) for _ in range(3)]
            text = "".join(words)
            ids = tokenizer.encode(text)
            assert not special & set(ids)
            if kind in ("bpe", "unigram"):
                assert tokenizer.unknown not in ids
                assert tokenizer.decode(ids) == text
            # What is unknown is so for its letters, not for spelling `<unk>`.
            if "<" in TEXT and kind == "character":
                assert (tokenizer.unknown in ids) == any(c not in TEXT for c in text)


def test_hostile_text_takes_linear_time() -> None:
    """A run of one kind of character without a seam, ten times as long, takes about ten times as long."""
    import time

    for kind in KINDS:
        tokenizer = trained(kind)
        for unit in ("a", " ", "\n", "!", "é", "1", "a ", " \n", "\u0301", "'s"):
            started = time.perf_counter()
            tokenizer.encode(unit * (100_000 // len(unit)))
            # Quadratic time would be minutes; the share of one core on a busy machine is left room.
            assert time.perf_counter() - started < 3, (kind, unit)


SCRIPT = """
import hashlib, sys
from pathlib import Path
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.shards import write_shards
from groundup.tokens.train import train_tokenizer
texts = Path(sys.argv[1]).read_text(encoding="utf-8").split("\\n\\n")
folder = Path(sys.argv[2])
for kind in ("character", "word", "bpe", "wordpiece", "unigram"):
    tokenizer = train_tokenizer(texts, TokenizerSettings(kind=kind, vocabulary=700, sample=150_000))
    tokenizer.save(folder / f"{kind}.json")
    write_shards(texts, tokenizer, folder, kind + "-shards")
    for file in sorted(folder.glob(kind + "*")):
        print(file.name, hashlib.sha256(file.read_bytes()).hexdigest())
"""


def test_the_same_text_is_the_same_tokenizer_and_shards(tmp_path: Path) -> None:
    """Three hash seeds, one and two threads, with and without parallelism: equal to the byte."""
    generator = random.Random(3)
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    # Many words of equal frequency: ties at every turn.
    words = ["".join(generator.choices(letters, k=generator.randint(1, 9))) for _ in range(3000)]
    text = "\n\n".join(" ".join(generator.choices(words, k=40)) for _ in range(800)) + "\n\n" + TEXT
    (tmp_path / "text").write_text(text, encoding="utf-8")
    seen = set()
    for hash_seed, threads, parallel in (("0", "2", "true"), ("1", "1", "true"), ("2", "2", "false")):
        out = tmp_path / hash_seed
        out.mkdir()
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path(groundup.__file__).parents[1]),
            "PYTHONHASHSEED": hash_seed,
            "RAYON_NUM_THREADS": threads,
            "TOKENIZERS_PARALLELISM": parallel,
        }
        command = [sys.executable, "-c", SCRIPT, str(tmp_path / "text"), str(out)]
        seen.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(seen) == 1
    assert len(seen.pop().splitlines()) == 5 * 4


def test_broken_tokenizer_files_end_in_our_errors(tmp_path: Path) -> None:
    """Truncated, mutated or random: an error of ours that names the file, or a tokenizer that works."""
    generator = random.Random(5)
    for kind in KINDS:
        file = tmp_path / f"{kind}.json"
        trained(kind).save(file)
        whole = file.read_bytes()
        said: list[str] = []
        for number in range(60):
            content = bytearray(whole)
            if number % 3 == 0:
                content = content[: generator.randrange(len(content))]
            else:
                for _ in range(number % 3):
                    content[generator.randrange(len(content))] = generator.choice(b'0123456789"{}[],:<>ax\\\x00\xff')
            file.write_bytes(content)
            try:
                tokenizer = load_tokenizer(file)
            except GroundupError as error:
                said.append(str(error))
            else:
                tokenizer.decode(tokenizer.encode(TEXT))
        assert len(said) >= 20
        assert all(file.name in message for message in said)


def test_broken_shards_end_in_our_errors(tmp_path: Path) -> None:
    """Bit flips and truncations of each part: noticed at once, or harmless to the reader.

    A flip among the ids is for the manifest's checksum to notice; here it must not crash what reads them.
    """
    tokenizer = trained("bpe")
    texts = [TEXT[i : i + 50] for i in range(0, len(TEXT), 50)]
    write_shards(texts, tokenizer, tmp_path, "train")
    generator = random.Random(9)
    said: list[str] = []
    for name in ("train.tokens", "train.starts.npy", "train.json"):
        file = tmp_path / name
        whole = file.read_bytes()
        for number in range(150):
            content = bytearray(whole)
            if number < 30:
                content = content[: generator.randrange(len(content))]
            else:
                # The head of the file, where its shape is told, as often as the rest.
                place = generator.randrange(len(content) if number % 2 else min(128, len(content)))
                content[place] ^= 1 << generator.randrange(8)
            file.write_bytes(content)
            try:
                stream = open_shards(tmp_path, "train")
            except GroundupError as error:
                said.append(str(error))
            else:
                assert number >= 30 or name == "train.json"
                for i in range(stream.documents):
                    stream.document(i)
        file.write_bytes(whole)
    assert len(said) > 150
    assert all("train." in message for message in said)


def test_real_text_round_trips(shared_data: Path) -> None:
    text = (shared_data / "tinyshakespeare" / "input.txt").read_text(encoding="utf-8")
    train, validation = text[: len(text) * 9 // 10], text[len(text) * 9 // 10 :]
    for kind in KINDS:
        tokenizer = train_tokenizer([train], TokenizerSettings(kind=kind, vocabulary=2000))
        ids = tokenizer.encode(validation)
        if kind == "character":
            assert tokenizer.vocabulary == 65 + 5
        if kind != "word":
            assert tokenizer.decode(ids) == validation
    assert hashlib.sha256(text.encode()).hexdigest().startswith("86c4e6aa")
