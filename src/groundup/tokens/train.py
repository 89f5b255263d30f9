"""Training a tokenizer, so that the same text gives the same file in every process, on any threads.

The engine's trainers break ties by the order of hash tables, which differs from process to process, for
WordPiece and Unigram; how each is made to agree is said at its place below.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from tokenizers import AddedToken, Regex, decoders, models, normalizers, pre_tokenizers, trainers
from tokenizers import Tokenizer as Engine

from groundup.errors import GroundupError
from groundup.progress import SILENT, Progress
from groundup.tokens.settings import UNKNOWN, Kind, TokenizerSettings
from groundup.tokens.tokenizer import Tokenizer, whole_characters

# How text falls into words before anything is learned; no token crosses a word's edge. A word takes the one space
# before it along, so nothing is lost. Digits stand alone, so that numbers look alike whatever their length. Marks
# (accents, vowel signs) belong to the letters. Letters never share a word with `<` or `>`, so no special token's name
# is ever one word. Every run is bounded, since WordPiece gives up on words of more than 100 characters.
_WORDS = (
    r"[’'](?:s|t|re|ve|m|ll|d)(?![\p{L}\p{M}])"
    r"| ?[\p{L}\p{M}]{1,64}"
    r"| ?\p{N}"
    r"| ?[^\s\p{L}\p{M}\p{N}]{1,MARKS}"
    r"|\s{0,32}[\r\n]{1,32}"
    r"|\s{1,64}(?!\S)"
    r"|\s"
)
# Continues a word in WordPiece. Punctuation marks stand alone there, so text never looks like one.
_CONTINUED = "##"

# Unigram's scores come from sums in random order, equal to about 1e-13; this many decimals are the same.
_DECIMALS = 6
_STEP = 0.0001


def train_tokenizer(texts: Iterable[str], settings: TokenizerSettings, progress: Progress = SILENT) -> Tokenizer:
    """A tokenizer for text like `texts`.

    Raises `GroundupError` where there is no text, or more characters than the vocabulary has room for.
    """
    texts = (_prepared(text, settings) for text in texts)
    train = _TRAINERS[settings.kind]
    engine = train(texts, settings, progress)
    if settings.lower_case:
        engine.normalizer = normalizers.Lowercase()
    engine.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in settings.special_tokens])
    return Tokenizer(engine)


def _prepared(text: str, settings: TokenizerSettings) -> str:
    text = whole_characters(text)
    return normalizers.Lowercase().normalize_str(text) if settings.lower_case else text


def _characters(texts: Iterable[str], settings: TokenizerSettings, progress: Progress) -> Engine:
    counts = _count(texts, progress)
    alphabet = _alphabet(counts, settings, forms=1)
    names = [*settings.special_tokens, *alphabet]
    # Pairs without a single merge: the engine's quickest way to take a text character by character.
    engine = Engine(
        models.BPE(vocab={name: i for i, name in enumerate(names)}, merges=[], unk_token=UNKNOWN, fuse_unk=False)
    )
    engine.decoder = decoders.Fuse()
    return engine


def _words(texts: Iterable[str], settings: TokenizerSettings, progress: Progress) -> Engine:
    engine = Engine(models.WordLevel(vocab={}, unk_token=UNKNOWN))
    engine.pre_tokenizer = _split(marks=1)
    engine.decoder = decoders.Fuse()
    _train(
        engine,
        _sample(texts, settings.sample),
        trainers.WordLevelTrainer(
            vocab_size=settings.vocabulary,
            min_frequency=settings.minimum_frequency,
            special_tokens=list(settings.special_tokens),
            show_progress=False,
        ),
        progress,
    )
    return engine


def _byte_pairs(texts: Iterable[str], settings: TokenizerSettings, progress: Progress) -> Engine:
    engine = _byte_level(models.BPE())
    _train(
        engine,
        _sample(texts, settings.sample),
        trainers.BpeTrainer(
            vocab_size=settings.vocabulary,
            min_frequency=settings.minimum_frequency,
            special_tokens=list(settings.special_tokens),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
        progress,
    )
    return engine


def _word_pieces(texts: Iterable[str], settings: TokenizerSettings, progress: Progress) -> Engine:
    sample = _sample(texts, settings.sample)
    alphabet = _alphabet(_count(sample, progress), settings, forms=2)
    # The trainer numbers continued characters in the order of a hash table and breaks ties by number. Naming
    # them all beforehand fixes the order, and makes each known character writable at any place in a word.
    named = [*settings.special_tokens, *(_CONTINUED + character for character in alphabet)]
    engine = Engine(models.WordPiece(vocab={}, unk_token=UNKNOWN))
    engine.pre_tokenizer = _split(marks=1)
    _train(
        engine,
        sample,
        trainers.WordPieceTrainer(
            vocab_size=settings.vocabulary,
            min_frequency=settings.minimum_frequency,
            special_tokens=named,
            initial_alphabet=alphabet,
            limit_alphabet=len(alphabet),
            continuing_subword_prefix=_CONTINUED,
            show_progress=False,
        ),
        progress,
    )
    # A new engine, since in the old one the continued characters count as special tokens.
    pieces = Engine(models.WordPiece(vocab=engine.get_vocab(), unk_token=UNKNOWN))
    pieces.pre_tokenizer = _split(marks=1)
    pieces.decoder = decoders.Sequence([decoders.Replace(Regex(f"^{_CONTINUED}"), ""), decoders.Fuse()])
    return pieces


def _unigram(texts: Iterable[str], settings: TokenizerSettings, progress: Progress) -> Engine:
    engine = _byte_level(models.Unigram())
    special = len(settings.special_tokens)
    _train(
        engine,
        _sample(texts, settings.sample),
        trainers.UnigramTrainer(
            vocab_size=settings.vocabulary - special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
        progress,
    )
    learned: list[tuple[str, float]] = json.loads(engine.to_str())["model"]["vocab"]
    return _byte_level(
        models.Unigram([*((name, 0.0) for name in settings.special_tokens), *_settled(learned)], unk_id=1)
    )


def _settled(pieces: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """Unigram's pieces in an order and with scores that no thread or hash table had a say in.

    The trainer gives the bytes that it found no use for scores that fall in steps of .0001, dealt out in random
    order. They are known by standing one step from another byte, and here all get the lowest of their scores.
    """
    scores = {piece: round(score, _DECIMALS) for piece, score in pieces}
    # Whole numbers of the last decimal, so that one step apart can be asked for exactly, but for its rounding.
    places = {piece: round(score * 10**_DECIMALS) for piece, score in scores.items() if len(piece) == 1}
    taken = set(places.values())
    step = round(_STEP * 10**_DECIMALS)
    near = [sign * step + off for sign in (-1, 1) for off in (-1, 0, 1)]
    unused = [piece for piece, place in places.items() if any(place + distance in taken for distance in near)]
    lowest = min((scores[piece] for piece in unused), default=0.0)
    scores.update(dict.fromkeys(unused, lowest))
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


_TRAINERS: dict[Kind, Callable[[Iterable[str], TokenizerSettings, Progress], Engine]] = {
    "character": _characters,
    "word": _words,
    "bpe": _byte_pairs,
    "wordpiece": _word_pieces,
    "unigram": _unigram,
}


def _split(marks: int) -> pre_tokenizers.PreTokenizer:
    """Text into words, with at most so many punctuation marks in one."""
    return pre_tokenizers.Split(Regex(_WORDS.replace("MARKS", str(marks))), "isolated")


def _byte_level(model: models.Model) -> Engine:
    """An engine over the 256 bytes, each shown as a letter of its own, that loses nothing of any text."""
    engine = Engine(model)
    letters = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    engine.pre_tokenizer = pre_tokenizers.Sequence([_split(marks=64), letters])
    engine.decoder = decoders.ByteLevel()
    return engine


def _train(engine: Engine, sample: list[str], trainer: trainers.Trainer, progress: Progress) -> None:
    total = sum(map(len, sample))

    def fed() -> Iterator[str]:
        done = 0
        for text in sample:
            yield text
            done += len(text)
            progress("training the tokenizer (characters)", done, total)

    engine.train_from_iterator(fed(), trainer)


def _sample(texts: Iterable[str], limit: int) -> list[str]:
    """Whole documents evenly spread over `texts`, of at most `limit` characters together.

    Read once and held at most `limit` and one document: whenever there is too much, every second one is
    dropped.
    """
    kept: list[str] = []
    held, stride = 0, 1
    for i, text in enumerate(texts):
        if i % stride:
            continue
        kept.append(text)
        held += len(text)
        while held > limit and len(kept) > 1:
            kept = kept[::2]
            held, stride = sum(map(len, kept)), 2 * stride
    kept = [text[:limit] for text in kept]
    if not any(kept):
        raise _no_text()
    return kept


def _count(texts: Iterable[str], progress: Progress) -> Counter[str]:
    """How often each character occurs."""
    counts: Counter[str] = Counter()
    done = 0
    for text in texts:
        counts.update(text)
        done += len(text)
        progress("counting characters", done)
    if not counts:
        raise _no_text()
    return counts


def _alphabet(counts: Counter[str], settings: TokenizerSettings, forms: int) -> list[str]:
    """The frequent enough characters, by code point; each needs `forms` entries of the vocabulary."""
    alphabet = sorted(c for c, count in counts.items() if count >= settings.minimum_frequency)
    needed = forms * len(alphabet) + len(settings.special_tokens)
    if needed > settings.vocabulary:
        raise GroundupError(
            f"A vocabulary of {settings.vocabulary:,} is too small for the {len(alphabet):,} different "
            f"characters of the training text: a {settings.kind} tokenizer needs {needed:,} entries for them "
            "and the special tokens.",
            f"Set the tokenizer's vocabulary to {needed:,} or more, raise its minimum_frequency to leave out "
            "rare characters, or take kind bpe, which works on bytes.",
        )
    return alphabet


def _no_text() -> GroundupError:
    return GroundupError(
        "There is no text to train a tokenizer on: all documents are empty, or there are none.",
        "Look at what the corpus kept, or name other files.",
    )
