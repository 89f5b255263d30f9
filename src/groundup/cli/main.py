"""`groundup`: find the command, run it, and turn mistakes into one paragraph and an exit code.

Only the chosen command's module is imported, so that `groundup --help` answers at once.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import NoReturn

from groundup import __version__
from groundup.errors import GroundupError, did_you_mean, is_disk_full, no_room

# In the order in which a newcomer meets them.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("groundup.cli.demo", "build the four models of the demo, and a page about them"),
    "build": ("groundup.cli.build", "run a recipe from raw text to a trained model and its report"),
    "plan": ("groundup.cli.plan", "predict parameters, memory, disk and time of a recipe before it runs"),
    "generate": ("groundup.cli.generate", "let a trained model write"),
    "translate": ("groundup.cli.translate", "translate texts with a trained model"),
    "classify": ("groundup.cli.classify", "choose labels for texts with a trained model"),
    "answer": ("groundup.cli.answer", "answer questions about a passage with a trained model"),
    "evaluate": ("groundup.cli.evaluate", "measure a trained model on text of your own"),
    "inspect": ("groundup.cli.inspect", "look inside a run: model, batches, artefacts"),
    "data": ("groundup.cli.data", "list, show and fetch named data sets"),
    "corpus": ("groundup.cli.corpus", "clean text and account for every document dropped"),
    "crawl": ("groundup.cli.crawl", "collect pages of the web, politely, as WARC files"),
    "tokenizer": ("groundup.cli.tokenizer", "train a tokenizer, or try one on text"),
    "compare": ("groundup.cli.compare", "put several runs side by side, in a table and a plot"),
    "report": ("groundup.cli.report", "write the report of a run again"),
    "doctor": ("groundup.cli.doctor", "say what this machine can do and what is missing"),
    "schema": ("groundup.cli.schema", "every key of a recipe, documented"),
}


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one paragraph with a suggestion."""

    def error(self, message: str) -> NoReturn:
        """Leave with exit code 2 and say how the command is used."""
        sys.stderr.write(f"groundup: {message}\nSee: {self.prog} --help\n")
        raise SystemExit(2)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _dispatch(words)
        sys.stdout.flush()
    except GroundupError as error:
        code = _say(error)
    except BrokenPipeError:
        # The reader (head, say) has gone; there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    except KeyboardInterrupt:
        sys.stderr.write("groundup: Stopped by SIGINT.\n")
        code = 130
    except OSError as error:
        if not is_disk_full(error):
            raise
        from pathlib import Path

        code = _say(no_room(Path(error.filename or ".")))
    raise SystemExit(code)


def _say(error: GroundupError) -> int:
    sys.stderr.write(f"groundup: {error}\n")
    return error.exit_code


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        sys.stdout.write(_overview())
        return 0
    if words[0] == "--version":
        sys.stdout.write(f"groundup {__version__}\n")
        return 0
    name = words[0]
    if name not in COMMANDS:
        raise GroundupError(f"There is no command {name!r}. {did_you_mean(name, COMMANDS)}", "See: groundup --help")
    module = importlib.import_module(COMMANDS[name][0])
    parser = _parser(name, module)
    words, overrides = _split_overrides(parser, words[1:])
    # Texts may stand before, between or after options; argparse can do so only where there are no actions.
    options = parser.parse_args(words) if parser._subparsers else parser.parse_intermixed_args(words)
    options.overrides = overrides
    code: int = module.run(options)
    return code


def _acting(parser: Parser, words: list[str]) -> argparse.ArgumentParser:
    """The parser of the action that the first word names, where a command has actions."""
    return _actions(parser).get(words[0], parser) if words else parser


def _actions(parser: Parser) -> Mapping[str, argparse.ArgumentParser]:
    """The parsers of a command's actions by their words; mostly there are none."""
    found = (action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return next(found, {})


def _split_overrides(parser: Parser, words: list[str]) -> tuple[list[str], list[str]]:
    """The command's own words, and those that set a key of the recipe where the command takes one."""
    acting = _acting(parser, words)
    keys: frozenset[str] = acting.get_default("recipe_keys") or frozenset()
    if not keys:
        return words, []
    own, overrides = [], []
    remaining = iter(words)
    for word in remaining:
        option = word.partition("=")[0]
        if not word.startswith("--") or option == "--" or option in acting._option_string_actions:
            own.append(word)
            continue
        key = option.removeprefix("--")
        near = difflib.get_close_matches(option, acting._option_string_actions, n=1)
        if "." not in key and key not in keys and near:
            acting.error(f"there is no option {option}; did you mean {near[0]}?")
        overrides.append(word)
        if "=" not in word:
            overrides.extend(following for following in [next(remaining, None)] if following is not None)
    return own, overrides


def _parser(name: str, module: ModuleType) -> Parser:
    parser = Parser(
        prog=f"groundup {name}",
        description=module.__doc__,
        epilog=_examples(module.EXAMPLES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.configure(parser)
    for word, acting in _actions(parser).items():
        if own := [line for line in module.EXAMPLES if line.startswith(f"groundup {name} {word} ")]:
            acting.epilog, acting.formatter_class = _examples(own), parser.formatter_class
    return parser


def _examples(lines: Sequence[str]) -> str:
    return "\n".join(["examples:", *(f"  {line}" for line in lines)])


def _overview() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {about}" for name, (_, about) in COMMANDS.items()]
    return (
        "usage: groundup COMMAND ...\n\n"
        "Build a language model from the ground up: raw text in, a clean corpus, a tokenizer,\n"
        "a trained model and a report out.\n\ncommands:\n" + "\n".join(lines) + "\n\n"
        "examples:\n"
        "  groundup build recipes/demo.yaml --out runs/demo\n"
        '  groundup generate runs/demo "To be"\n'
        "  groundup COMMAND --help\n"
    )


if __name__ == "__main__":
    main()
