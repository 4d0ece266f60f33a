"""What a configuration class says of its own keys: the docstrings below its fields, which Python itself throws away."""

import ast
import dataclasses
import inspect
import textwrap
from typing import Any


def documented(section: type) -> dict[str, tuple[Any, str]]:
    """Field -> (default, docstring on one line), in the order of the class; fields without a default are left out."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(section))).body
    said: dict[str, str] = {}
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    for statement, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            text = after.value if isinstance(after, ast.Expr) else None
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                said[statement.target.id] = " ".join(text.value.split())
    found = {}
    for field in dataclasses.fields(section):
        if field.default_factory is not dataclasses.MISSING:
            found[field.name] = (field.default_factory(), said.get(field.name, ""))
        elif field.default is not dataclasses.MISSING:
            found[field.name] = (field.default, said.get(field.name, ""))
    return found
