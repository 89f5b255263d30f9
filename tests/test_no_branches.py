"""Nobody outside `model/mixers` asks whether a model is an RNN or a Transformer: the source itself is read for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from groundup.model.mixers import MIXERS
from groundup.model.mixers.feedforward import FEEDFORWARDS

ROOM = Path(__file__).resolve().parents[1] / "src" / "groundup"
MIXER_FILES = sorted((ROOM / "model" / "mixers").glob("*.py"))
# A preset says which mixers a published model has: data, and no branch.
FILES = [path for path in sorted(ROOM.rglob("*.py")) if path not in {*MIXER_FILES, ROOM / "model" / "presets.py"}]

# Feed-forwards look at one position each: RNNs and Transformers have the same, by the names of their activations.
NAMES = set(MIXERS) - set(FEEDFORWARDS)
CLASSES = {
    node.name
    for path in MIXER_FILES
    for node in ast.walk(ast.parse(path.read_text("utf-8")))
    if isinstance(node, ast.ClassDef)
}
_KINDS = "rnns?|lstms?|grus?|min_?grus?|transformers?|recurren(t|ce)|attention"
# Where a node of the syntax tree keeps a word.
_WORDS = ("id", "attr", "arg", "name", "value")
_QUESTION = re.compile(rf"_?(is|are|has|have|uses?|with|needs?)_(\w+_)?({_KINDS})", re.IGNORECASE)


def branches(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and reason of everything that asks a model for its kind."""
    for node in ast.walk(tree):
        for reason in filter(None, (ask(node) for ask in (_compares, _looks_up, _tests_class, _imports, _names))):
            yield getattr(node, "lineno", 0), reason


def _mixers_in(*nodes: ast.AST) -> set[str]:
    """Names of mixers that stand in an expression as strings, alone or in a tuple, list or set."""
    inner = (ast.Tuple, ast.List, ast.Set, ast.MatchOr, ast.MatchValue, ast.MatchSequence)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Constant) and node.value in NAMES:
            found.add(str(node.value))
        elif isinstance(node, inner):
            found |= _mixers_in(*ast.iter_child_nodes(node))
    return found


def _compares(node: ast.AST) -> str | None:
    """`name == "lstm"`, `"lstm" in names`, `case "lstm"`, `name.startswith("lstm")`."""
    asked: set[str] = set()
    if isinstance(node, ast.Compare):
        asked = _mixers_in(node.left, *node.comparators)
    elif isinstance(node, ast.match_case):
        asked = _mixers_in(node.pattern)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        calls = {"startswith", "endswith", "count", "index", "find", "intersection", "isdisjoint", "issubset"}
        asked = _mixers_in(*node.args) if node.func.attr in calls else set()
    return f"compares with {', '.join(sorted(asked))}" if asked else None


def _looks_up(node: ast.AST) -> str | None:
    """A table with a mixer's name as a key is a branch in disguise."""
    keys = []
    if isinstance(node, ast.Dict):
        keys = [key for key in node.keys if key is not None]
    elif isinstance(node, ast.Subscript):
        keys = [node.slice]
    asked = _mixers_in(*keys)
    return f"looks up {', '.join(sorted(asked))}" if asked else None


def _tests_class(node: ast.AST) -> str | None:
    """`isinstance(part, Attention)`, `type(part) is Attention`, `part.__class__.__name__ == "Attention"`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("isinstance", "issubclass"):
        parts: list[ast.AST] = [*node.args[1:]]
    elif isinstance(node, ast.Compare):
        parts = [node.left, *node.comparators]
    else:
        return None
    words = {getattr(inner, field, None) for part in parts for inner in ast.walk(part) for field in _WORDS}
    asked = sorted(CLASSES & {word for word in words if isinstance(word, str)})
    return f"tests for the class {asked[0]}" if asked else None


def _imports(node: ast.AST) -> str | None:
    """The dict of all mixers is the only door."""
    names = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module:
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    inside = [name for name in names if name.startswith("groundup.model.mixers.") and not name.endswith(".MIXERS")]
    return f"imports {', '.join(inside)}" if inside else None


def _names(node: ast.AST) -> str | None:
    """`is_rnn`, `has_attention`: a question for a model's kind, whatever stands behind it."""
    names = {getattr(node, field, None) for field in ("id", "attr", "arg", "name") if not isinstance(node, ast.alias)}
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
        names.add(node.value)
    asked = sorted(name for name in names if isinstance(name, str) and _QUESTION.fullmatch(name))
    return f"asks {asked[0]}" if asked else None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOM).as_posix())
def test_no_file_asks_for_the_kind_of_a_model(path: Path) -> None:
    assert [f"line {line}: {why}" for line, why in branches(ast.parse(path.read_text("utf-8")))] == []


@pytest.mark.parametrize(
    "planted",
    [
        "if name == 'lstm': pass",
        "if 'attention' in settings.decoder: pass",
        "state = old if kind in ('mingru', 'gru') else None",
        "match name:\n    case 'gru' | 'lstm': pass",
        "if name.startswith('mingru'): pass",
        "reach = {'attention': 8}.get(name, 0)",
        "widths['mingru'] = 3",
        "if isinstance(part, Attention): pass",
        "if type(part) is layers.MinGRU: pass",
        "if type(part).__name__ == 'MinGRU': pass",
        "from groundup.model.mixers.attention import Attention as Part",
        "import groundup.model.mixers.mingru",
        "from groundup.model.mixers import attention",
        "if model.is_transformer: pass",
        "def start(model, is_rnn): pass",
        "has_attention = True",
        "if getattr(model, 'is_recurrent', False): pass",
        "class Settings:\n    uses_lstm: bool = False",
    ],
)
def test_a_planted_branch_is_found(planted: str) -> None:
    assert list(branches(ast.parse(planted)))


@pytest.mark.parametrize(
    "harmless",
    [
        "from groundup.model.mixers import MIXERS",
        "mixer = MIXERS[name](settings, shape, is_causal)",
        "decoder: tuple[str, ...] = ('attention', 'relu_squared')",
        "if is_causal and norm_place == 'pre': pass",
        "'''An LSTM or a Transformer; `is_transformer` has no place here.'''",
    ],
)
def test_what_is_no_branch_is_let_pass(harmless: str) -> None:
    assert list(branches(ast.parse(harmless))) == []
