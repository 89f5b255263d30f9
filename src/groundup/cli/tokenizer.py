"""Train a tokenizer on text files, look at one, and see how it cuts text."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from groundup.cli.output import print_json, results, terminal_progress
from groundup.errors import GroundupError
from groundup.settings import SettingError, field_docs
from groundup.tokens.settings import Kind, TokenizerSettings

if TYPE_CHECKING:
    from groundup.tokens.tokenizer import Tokenizer

EXAMPLES: tuple[str, ...] = (
    "groundup tokenizer train book.txt letters.txt --kind bpe --vocabulary 8000 --out tokenizers/books",
    "groundup tokenizer show runs/demo",
    'groundup tokenizer encode runs/demo "To be, or not to be"',
    "groundup tokenizer encode runs/demo --file book.txt --json",
    "groundup tokenizer decode runs/demo 312 45 7",
)

# Neighbouring tokens take turns in these, which read well on dark and light terminals.
_COLOURS = ("black on bright_cyan", "black on bright_yellow", "black on bright_green")
_UNKNOWN = "white on red"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the four actions and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="train | show | encode | decode")
    docs = field_docs(TokenizerSettings)

    train = actions.add_parser("train", help="train a tokenizer on text files", allow_abbrev=False)
    train.add_argument("files", nargs="+", type=Path, metavar="FILE", help="UTF-8 text; each is one document")
    train.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for tokenizer.json")
    plain = TokenizerSettings()
    train.add_argument("--kind", choices=get_args(Kind), default=plain.kind, help=_help(docs["kind"]))
    for name in ("vocabulary", "sentinels", "minimum_frequency", "sample"):
        train.add_argument(
            f"--{name.replace('_', '-')}",
            type=int,
            default=getattr(plain, name),
            metavar="N",
            help=_help(docs[name]),
        )
    train.add_argument("--lower-case", action="store_true", help=_help(docs["lower_case"]))
    train.add_argument("--json", action="store_true", help="print one JSON object")

    show = actions.add_parser("show", help="what a tokenizer holds", allow_abbrev=False)
    encode = actions.add_parser("encode", help="cut text into tokens", allow_abbrev=False)
    encode_words = "the text; without it and without --file, standard input is read"
    decode = actions.add_parser("decode", help="turn ids back into text", allow_abbrev=False)
    for action in (show, encode, decode):
        action.add_argument("tokenizer", type=Path, metavar="RUN_OR_DIR", help="a run, or where train wrote")
        action.add_argument("--json", action="store_true", help="print one JSON object")
    encode.add_argument("text", nargs="?", metavar="TEXT", help=encode_words)
    encode.add_argument("--file", type=Path, metavar="F", help="a UTF-8 text file to cut")
    decode.add_argument("ids", nargs="*", type=int, metavar="ID", help="without any, standard input is read")
    decode.add_argument("--special", action="store_true", help="show special tokens by name")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; the exit status."""
    actions = {"train": _train, "show": _show, "encode": _encode, "decode": _decode}
    actions[arguments.action](arguments)
    return 0


def _train(arguments: argparse.Namespace) -> None:
    from groundup.tokens.compression import tokenizer_facts
    from groundup.tokens.train import train_tokenizer

    try:
        settings = TokenizerSettings(
            kind=arguments.kind,
            vocabulary=arguments.vocabulary,
            sentinels=arguments.sentinels,
            minimum_frequency=arguments.minimum_frequency,
            lower_case=arguments.lower_case,
            sample=arguments.sample,
        )
    except SettingError as error:
        raise GroundupError(
            f"--{error.field.replace('_', '-')} {error}.", "See: groundup tokenizer train --help"
        ) from error
    # All files are looked at before the work begins, so that a mistyped name costs nothing.
    for file in arguments.files:
        if not file.is_file():
            raise GroundupError(
                f"There is no file {file}.",
                "Name text files; a shell pattern such as books/*.txt names many.",
            )
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        raise GroundupError(
            f"{arguments.out} cannot be made a folder: {error.strerror}.", "Choose another --out."
        ) from error
    tokenizer = train_tokenizer(_texts(arguments.files), settings, terminal_progress())
    tokenizer.save(arguments.out)
    facts = {"tokenizer": str(arguments.out), **tokenizer_facts(tokenizer, _texts(arguments.files))}
    if arguments.json:
        print_json(facts)
        return
    results.print(f"Trained on {len(arguments.files):,} files and saved to {arguments.out}", markup=False)
    _print_sizes(facts)
    _print_tokens("Longest tokens", facts["longest_tokens"])
    _print_tokens("Most frequent tokens", [entry["token"] for entry in facts["frequent_tokens"]])
    results.print(f'Try it: groundup tokenizer encode {arguments.out} "some text"', markup=False)


def _show(arguments: argparse.Namespace) -> None:
    from groundup.tokens.compression import longest_tokens

    tokenizer = _open(arguments.tokenizer)
    facts: dict[str, Any] = {
        "tokenizer": str(arguments.tokenizer),
        "kind": tokenizer.kind,
        "vocabulary": tokenizer.vocabulary,
        "special_tokens": tokenizer.special_tokens,
        "longest_tokens": longest_tokens(tokenizer),
    }
    if arguments.json:
        print_json(facts)
        return
    _print_sizes(facts)
    special = "  ".join(f"{name} {token}" for name, token in facts["special_tokens"].items())
    results.print(f"{'special tokens':<22}{special}", markup=False)
    _print_tokens("Longest tokens", facts["longest_tokens"])


def _encode(arguments: argparse.Namespace) -> None:
    if arguments.text is not None and arguments.file is not None:
        raise GroundupError("There is both a TEXT and a --file.", "Give one of them.")
    tokenizer = _open(arguments.tokenizer)
    text = _read(arguments.file) if arguments.file else arguments.text
    text = _read_input() if text is None else text
    ids = tokenizer.encode(text)
    if arguments.json:
        print_json({"ids": ids, "tokens": [tokenizer.text(token) for token in ids], "characters": len(text)})
        return
    _print_coloured(tokenizer, ids)
    results.print(" ".join(map(str, ids)), style="dim")
    ratio = f", {len(text) / len(ids):.2f} characters a token" if ids else ""
    unknown = ids.count(tokenizer.unknown)
    results.print(
        f"{len(ids):,} tokens, {len(text):,} characters{ratio}" + (f", {unknown:,} unknown" if unknown else "")
    )


def _decode(arguments: argparse.Namespace) -> None:
    ids = arguments.ids
    if not ids:
        words = _read_input().split()
        try:
            ids = [int(word) for word in words]
        except ValueError as error:
            raise GroundupError(
                f"Standard input holds more than ids: {error}.", "Give whole numbers with spaces between."
            ) from error
    text = _open(arguments.tokenizer).decode(ids, show_special=arguments.special)
    if arguments.json:
        print_json({"text": text})
    else:
        results.print(_visible(text), markup=False)


def _open(path: Path) -> Tokenizer:
    """The tokenizer at `path`, checked against its manifest where a build wrote one."""
    from groundup.store.artefact import open_artefact
    from groundup.tokens.tokenizer import find_tokenizer, load_tokenizer

    folder = find_tokenizer(path).parent
    if (folder / "manifest.json").is_file():
        open_artefact(folder)
    return load_tokenizer(path)


def _texts(files: list[Path]) -> Iterator[str]:
    return map(_read, files)


def _read(file: Path) -> str:
    """The text of a file, mended as a corpus would: a tokenizer is to be learnt from what a model will read."""
    from groundup.corpus.clean import clean

    try:
        return clean(_decoded(file.read_bytes(), str(file)), "faithful")[0]
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise GroundupError(f"{file} cannot be read: {error.strerror}.", "Name a text file.") from error


def _read_input() -> str:
    return _decoded(sys.stdin.buffer.read(), "Standard input")


def _decoded(content: bytes, place: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise GroundupError(
            f"{place} is not UTF-8 text: byte {error.start:,} is {content[error.start]:#04x}.",
            "Convert it first, for example with: iconv -f WINDOWS-1252 -t UTF-8",
        ) from error


def _help(documentation: str) -> str:
    # argparse takes % for its own.
    return documentation.replace("%", "%%") + " (default: %(default)s)"


def _print_sizes(facts: dict[str, Any]) -> None:
    lines = {
        "kind": facts["kind"],
        "vocabulary": f"{facts['vocabulary']:,} tokens",
    }
    if "tokens" in facts:
        lines |= {
            "measured on": f"{facts['characters']:,} characters = {facts['tokens']:,} tokens",
            "characters per token": f"{facts['characters_per_token']:.3f}",
            "bytes per token": f"{facts['bytes_per_token']:.3f}",
            "unknown": f"{facts['unknown_rate']:.3%} of the tokens",
            "used": f"{facts['vocabulary_used']:,} of the vocabulary",
        }
    for name, value in lines.items():
        results.print(f"{name:<22}{value}", markup=False)


def _print_tokens(title: str, tokens: list[str]) -> None:
    results.print(f"{title}: {' '.join(_quoted(token) for token in tokens)}", markup=False)


def _print_coloured(tokenizer: Tokenizer, ids: list[int]) -> None:
    """The text with its tokens in turning colours; without colours, with bars between them."""
    from rich.text import Text

    is_plain = results.color_system is None
    line = Text()
    for i, token in enumerate(ids):
        style = _UNKNOWN if token == tokenizer.unknown else _COLOURS[i % len(_COLOURS)]
        line.append(_visible(tokenizer.text(token)), style="" if is_plain else style)
        if is_plain and i + 1 < len(ids):
            line.append("|")
    results.print(line)


def _visible(text: str) -> str:
    """`text` with whatever a terminal would obey, not show, written as an escape; line ends stay."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def _quoted(token: str) -> str:
    return "'" + _visible(token).replace("\n", "\\n") + "'"
