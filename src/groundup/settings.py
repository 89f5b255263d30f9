"""What all rooms' settings share: frozen dataclasses whose fields are documented and checked.

A field's documentation is the bare string below it. Python drops such strings, so `field_docs` reads them from
the source; `groundup schema` and the JSON schema show them, and a test asks that none is missing.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache


class SettingError(ValueError):
    """A setting with an impossible value: `field` names it, the message is a sentence about it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def require(condition: bool, field: str, message: str) -> None:
    """Raise `SettingError` for `field` unless `condition` holds."""
    if not condition:
        raise SettingError(field, message)


@cache
def field_docs(settings_class: type) -> dict[str, str]:
    """The documentation of each field of a settings class, by name, in order."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(settings_class))).body
    assert isinstance(node, ast.ClassDef)
    docs: dict[str, str] = {}
    for field, below in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            text = ""
            if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                text = inspect.cleandoc(str(below.value.value))
            docs[field.target.id] = " ".join(text.split())
    return docs
