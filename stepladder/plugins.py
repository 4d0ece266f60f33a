"""One door for checks, repairs, metrics and rungs: built-ins and a user's own come through the same decorator."""

import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Generic, TypeVar

from stepladder.errors import UserError

T = TypeVar("T")


class Table(Generic[T]):
    """Named parts of one kind, in the order of their registration."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._parts: dict[str, T] = {}

    def add(self, name: str, part: T) -> None:
        """Register a part; a second one with the same name is an error, since one of them would be lost in silence."""
        if name in self._parts and not _same_code(self._parts[name], part):
            raise UserError(f"{self.kind} '{name}'", "is defined twice", "Give one of the two another name")
        self._parts[name] = part

    def __getitem__(self, name: str) -> T:
        if name not in self._parts:
            near = get_close_matches(name, self._parts, n=1)
            hint = f"Did you mean '{near[0]}'" if near else f"Known are: {', '.join(self._parts)}"
            raise UserError(f"{self.kind} '{name}'", "is not known", hint)
        return self._parts[name]

    def __contains__(self, name: object) -> bool:
        return name in self._parts

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def items(self) -> list[tuple[str, T]]:
        """Name and part, in order of registration."""
        return list(self._parts.items())


def options_of(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The keyword-only parameters of a part: they are its configuration."""
    return {n: p for n, p in inspect.signature(function).parameters.items() if p.kind is p.KEYWORD_ONLY}


def checked_options(kind: str, name: str, function: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` as keyword arguments for `function`; an option that it does not have is an error naming the nearest one."""
    known = options_of(function)
    for option in given:
        if option not in known:
            near = get_close_matches(option, known, n=1)
            hint = f"Did you mean '{near[0]}'" if near else f"It has: {', '.join(known) or 'no options'}"
            raise UserError(f"{kind} '{name}'", f"has no option '{option}'", hint)
    return dict(given)


def load(files: list[Path], group: str = "stepladder") -> None:
    """Run the user's plug-in files and the installed entry points of `group`, whose decorators fill the tables."""
    for entry in entry_points(group=group):
        entry.load()
    for path in files:
        _run(path)


def _run(path: Path) -> None:
    spec = importlib.util.spec_from_file_location(f"stepladder_plugin_{path.stem}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise UserError(str(path), "is not a Python file", "Name a .py file under 'plugins'")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except UserError:
        raise
    except Exception as error:  # the user's own code: whatever it raises is theirs to mend
        line = next((f.lineno for f in reversed(inspect.trace()) if f.filename == str(path)), 0)
        raise UserError(f"{path}:{line}", f"{type(error).__name__}: {error}", "Mend the plug-in") from error


def _same_code(a: object, b: object) -> bool:
    """Whether both come from the same module: importing a plug-in twice is harmless."""
    origin = [getattr(getattr(part, "function", part), "__module__", None) for part in (a, b)]
    return origin[0] is not None and origin[0] == origin[1]
