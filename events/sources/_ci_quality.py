"""What an analyser told of a commit, as numbers by file: violations, and the complexity of line ranges. Pure.

Paths are kept, for changed lines are found by them; no name of a function, no message and no line of code is.
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from events.sources import _tolerant
from events.sources._base import Unreadable

MOST_FILES: Final = 50_000
MOST_FUNCTIONS: Final = 300_000
MOST: Final = 10_000_000
LONGEST_PATH: Final = 1_000
_DRIVE: Final = re.compile(r"[a-zA-Z]:[\\/]")
_NO_ROOT: Final = (
    "files have absolute paths: add root, the folder of the checkout (root=$PWD, or root=${{ github.workspace }}),"
    " so that they can be found in the repository"
)


class Kind(StrEnum):
    """What a tool measures: the two are never one series."""

    STYLE = "style"
    COMPLEXITY = "complexity"


class Function(NamedTuple):
    """Lines [start, end], both included and counted from 1; 0 and 0 where the tool doesn't tell them."""

    start: int
    end: int
    complexity: int


@dataclass(slots=True)
class File:
    """`violations`: the line of each, 0 where the tool doesn't tell it."""

    violations: list[int] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)


class Report(NamedTuple):
    """Of one tool. `version` is empty where the body doesn't tell it. `outside`: files that lie outside of `root`."""

    tool: str
    kind: Kind
    version: str
    files: Mapping[str, File]
    outside: int


class Collector:
    """Files by their path in the repository, within limits."""

    def __init__(self, root: str) -> None:
        self.root = _slashed(root).rstrip("/")
        self.files: dict[str, File] = {}
        self.outside: set[str] = set()
        self._paths: dict[str, str] = {}
        self._functions = 0

    def file(self, told: Any) -> File:
        """:raises Unreadable: it is no path, or absolute without a root. One outside of the root is a file that is
        counted and dropped."""
        if not isinstance(told, str) or not told:
            raise Unreadable("a file has no path")
        path = self._paths.get(told)
        if path is None:
            path = self._paths[told] = self._relative(told)
            if len(self._paths) > MOST_FILES:
                raise Unreadable(f"more than {MOST_FILES:,} files: send one report a job")
        if not path:
            self.outside.add(told)
            return File()
        return self.files.setdefault(path, File())

    def add(self, file: File, start: Any, end: Any, complexity: Any) -> None:
        self._functions += 1
        if self._functions > MOST_FUNCTIONS:
            raise Unreadable(f"more than {MOST_FUNCTIONS:,} functions: send one report a job")
        first, last = whole(start), whole(end)
        file.functions.append(Function(first, max(first, last), whole(complexity)))

    def report(self, tool: str, kind: Kind, version: str = "") -> Report:
        return Report(tool, kind, version, self.files, len(self.outside))

    def _relative(self, told: str) -> str:
        path = _slashed(told)
        is_absolute = path.startswith("/") or bool(_DRIVE.match(path))
        if is_absolute and not self.root:
            raise Unreadable(_NO_ROOT)
        if is_absolute:
            if not path.startswith(f"{self.root}/"):
                return ""
            path = path[len(self.root) + 1 :]
        path = posixpath.normpath(path)
        is_odd = path in {".", ".."} or path.startswith(("../", "/")) or len(path) > LONGEST_PATH
        return "" if is_odd or not path.isprintable() else path


def _slashed(path: str) -> str:
    """With the slashes of the repository; what stands for a file's address, as its path."""
    if path.startswith("file://"):
        path = unquote(path.removeprefix("file://"))
        path = path[1:] if _DRIVE.match(path[1:]) else path
    return path.replace("\\", "/") if _DRIVE.match(path) or "/" not in path else path


def line(value: Any) -> int:
    """Of a violation: some stand on no line, and some tools count from 0."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 < value <= MOST else 0


def whole(value: Any) -> int:
    """:raises Unreadable: it is no number that lines or complexities can have."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= MOST:
        raise Unreadable("a line or a complexity is not a number that it can be")
    return int(value)


# --- the formats -----------------------------------------------------------------------------------------------------


def read_ruff(value: Any, files: Collector) -> Iterable[Report]:
    """`ruff check --output-format json`: [{"filename", "location": {"row", …}, "code", …}]."""
    for item in items(value):
        place = item.get("location")
        row = place.get("row") if isinstance(place, dict) else None
        files.file(item.get("filename")).violations.append(line(row))
    yield files.report("ruff", Kind.STYLE)


def read_flake8(value: Any, files: Collector) -> Iterable[Report]:
    """flake8-json: {path: [{"line_number", "code", …}]}, also of files without any."""
    for path, found in members(value):
        files.file(path).violations += [line(item.get("line_number")) for item in items(found)]
    yield files.report("flake8", Kind.STYLE)


def read_radon(value: Any, files: Collector) -> Iterable[Report]:
    """`radon cc --json`: {path: [{"type", "lineno", "endline", "complexity", …}]}; of a file that it couldn't read
    {"error"}. Methods stand beside their class as well as in it, and a class is the mean of them: left out."""
    for path, found in members(value):
        file = files.file(path)
        seen: set[tuple[Any, Any]] = set()
        for block in [] if isinstance(found, dict) else items(found):
            if block.get("type") == "class":
                continue
            for one in (block, *items(block.get("closures") or [])):
                place = (whole(one.get("lineno")), whole(one.get("endline")))
                if place not in seen:
                    seen.add(place)
                    files.add(file, *place, one.get("complexity"))
    yield files.report("radon", Kind.COMPLEXITY)


def read_complexipy(value: Any, files: Collector) -> Iterable[Report]:
    """`complexipy --output-format json`: [{"path", "complexity", …}], without lines."""
    for item in items(value):
        files.add(files.file(item.get("path")), 0, 0, item.get("complexity"))
    yield files.report("complexipy", Kind.COMPLEXITY)


def items(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Unreadable("not what this format looks like: a list of objects was expected")
    return value


def members(value: Any) -> Iterable[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise Unreadable("not what this format looks like: an object was expected")
    return value.items()


def load(body: bytes) -> Any:
    if not body.strip():
        raise Unreadable("the body is empty")
    return _tolerant.load(body.removeprefix(b"\xef\xbb\xbf"))


Reader = Callable[[Any, Collector], Iterable[Report]]
