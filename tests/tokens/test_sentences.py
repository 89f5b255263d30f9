from __future__ import annotations

from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.tokens import sentences as module
from groundup.tokens.sentences import sentence_ends, sentence_rules, sentence_starts
from groundup.tokens.settings import Kind, TokenizerSettings
from groundup.tokens.shards import TokenStream, open_shards, write_shards
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer

KINDS: tuple[Kind, ...] = ("character", "word", "bpe", "wordpiece", "unigram")

# Sentences as a reader would cut them, each with the spaces that part it from the next.
PLAIN = [
    "The dog barked. ",
    "Did it bark? ",
    "It did! ",
    '"Be quiet," said he. ',
    '"Why?" ',
    "“No,” she said, “never.” ",
    "(This is an aside.) ",
    "Pi is 3.14 or so, he said. ",
    "He went on... ",
    "And on… ",
    "What?! ",
    "3 dogs came. ",
    "So it was said by them, e.g. by the dog. ",
    "A line\nis broken here. ",
    "It ends.\n",
    "A heading\n\n",
    "another paragraph begins small\n \n",
    "The last one . . . goes on.",
]
TITLES = ["It was Mr. Fox. ", "Dr. Dog met J. R. Fox there. ", "“Mrs. Fox!” ", "They left."]


def made(kind: Kind, texts: list[str], **values: object) -> Tokenizer:
    return train_tokenizer(texts * 3, TokenizerSettings(kind=kind, vocabulary=900, **values))  # type: ignore[arg-type]


def stream_of(tokenizer: Tokenizer, *texts: str) -> TokenStream:
    documents = [[*ids, tokenizer.end] for ids in tokenizer.encode_batch(texts)]
    lengths = np.array([len(ids) for ids in documents])
    return TokenStream(
        np.concatenate(documents).astype(np.uint16),
        lengths.cumsum() - lengths,
        1,
        tokenizer.vocabulary,
        tokenizer.end,
    )


def cut(tokenizer: Tokenizer, *texts: str) -> list[str]:
    """The sentences of the texts, without the spaces at their edges."""
    stream = stream_of(tokenizer, *texts)
    starts = sentence_starts(stream, sentence_rules(tokenizer))
    parts = [tokenizer.decode(part.tolist()) for part in np.split(stream.tokens, starts[1:])]
    assert "".join(parts) == "".join(texts)
    return [part.strip() for part in parts]


def split_as(text: str) -> list[str]:
    """`text`, which is as long as the plain sentences together, cut where they part."""
    ends = list(accumulate(map(len, PLAIN)))
    return [text[a:b] for a, b in zip([0, *ends], ends, strict=False)]


@pytest.mark.parametrize("kind", KINDS)
def test_sentences_are_cut_as_a_reader_would(kind: Kind) -> None:
    # So little text leaves unigram with single bytes for marks beyond ASCII, and those tell nothing.
    text = "".join(PLAIN).translate(str.maketrans("“”…", '"".') if kind == "unigram" else {})
    assert cut(made(kind, [text]), text) == [sentence.strip() for sentence in split_as(text)]


@pytest.mark.parametrize("kind", KINDS)
def test_what_may_end_a_sentence_is_told_by_single_tokens(kind: Kind) -> None:
    texts = {"It ran.": True, "Why?": True, "No!": True, "A line\n": True, "It ran, ": False}
    tokenizer = made(kind, [*texts])
    ends = sentence_ends(tokenizer)
    assert tokenizer.end in ends
    assert {text: tokenizer.encode(text)[-1] in ends for text in texts} == texts


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_titles_and_initials_end_no_sentence(kind: Kind) -> None:
    tokenizer = made(kind, ["".join(TITLES)])
    assert cut(tokenizer, "".join(TITLES)) == [sentence.strip() for sentence in TITLES]


def test_a_lower_case_vocabulary_asks_for_no_capital() -> None:
    tokenizer = made("bpe", ["it rained. we left. "], lower_case=True)
    stream = stream_of(tokenizer, "It rained. We left.")
    assert len(sentence_starts(stream, sentence_rules(tokenizer))) == 2


def test_full_stops_of_unspaced_scripts_need_no_space() -> None:
    text = "今日は。明日も！「はい。」今"
    assert cut(made("character", [text]), text) == ["今日は。", "明日も！", "「はい。」", "今"]


@pytest.mark.parametrize("kind", ["word", "wordpiece", "character"])
def test_a_word_that_is_not_known_may_begin_a_sentence(kind: Kind) -> None:
    tokenizer = made(kind, ["It rained. He left."])
    stream = stream_of(tokenizer, "It rained. Żółć left.")
    assert tokenizer.unknown in stream.tokens
    assert len(sentence_starts(stream, sentence_rules(tokenizer))) == 2


def test_documents_begin_sentences_and_the_end_token_never_does(tokenizer: Tokenizer) -> None:
    stream = stream_of(tokenizer, "the fox!\n\n", "", "lazy dogs", "it's 1984 today!!!\n\n")
    starts = sentence_starts(stream, sentence_rules(tokenizer))
    assert starts.tolist() == stream.starts.tolist()


pieces = st.sampled_from(
    ["The", " the", " The", ".", "!", " ", "\n", "\n\n", '"', "”", "(", " 12", "Mr", "…", "。", ","]
)


@given(st.lists(st.lists(pieces, max_size=40).map("".join), min_size=1, max_size=4), st.sampled_from(KINDS))
@settings(max_examples=150, deadline=None)
def test_documents_apart_have_the_sentences_they_have_together(texts: list[str], kind: Kind) -> None:
    tokenizer = TOKENIZERS[kind]
    rules = sentence_rules(tokenizer)
    stream = stream_of(tokenizer, *texts)
    starts = sentence_starts(stream, rules)
    assert (np.diff(starts) > 0).all()
    alone = [sentence_starts(stream_of(tokenizer, text), rules) for text in texts]
    assert (starts == np.concatenate([a + b for a, b in zip(alone, stream.starts, strict=True)])).all()


TOKENIZERS = {kind: made(kind, ['The the 12 Mr. (”"…。!,\n\n"The" the.\n The']) for kind in KINDS}


def test_a_stream_in_parts_has_the_sentences_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = made("bpe", ["".join(PLAIN)])
    stream = stream_of(tokenizer, *["".join(PLAIN), "".join(TITLES)] * 5)
    rules = sentence_rules(tokenizer)
    whole = sentence_starts(stream, rules)
    for part in (1, 2, 7, 100):
        monkeypatch.setattr(module, "_AT_ONCE", part)
        assert (sentence_starts(stream, rules) == whole).all()


def test_hostile_runs_take_linear_time() -> None:
    tokenizer = made("character", ["a.\n "])
    for text in ("\n" * 200_000, "." * 200_000, ". " * 100_000, '."' * 100_000):
        starts = sentence_starts(stream_of(tokenizer, text), sentence_rules(tokenizer))
        assert starts[0] == 0


def test_a_novel_falls_into_sentences_of_an_ordinary_length(shared_data: Path, tmp_path: Path) -> None:
    text = (shared_data / "novels" / "Doyle_Hound_1902.txt").read_text(encoding="utf-8", errors="replace")
    tokenizer = train_tokenizer([text], TokenizerSettings(vocabulary=2000, sample=200_000))
    write_shards([text], tokenizer, tmp_path, "novel")
    stream = open_shards(tmp_path, "novel")
    starts = sentence_starts(stream, sentence_rules(tokenizer))
    words_a_sentence = len(text.split()) / len(starts)
    assert 8 < words_a_sentence < 25
    after = [tokenizer.decode(stream.tokens[a : a + 4].tolist()).strip("\"' “‘(") for a in starts[1:2000]]
    assert np.mean([word[:1].isupper() for word in after]) > 0.9
