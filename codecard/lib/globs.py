"""Patterns of paths: `vendor/**`, `*.pb.go` and `docs/` are globs. Pure, and quick for whatever anybody writes.

`*` and `?` stay in one folder, `**` crosses folders, a glob without a slash is looked for in every folder, one that
ends in a slash means all below. Upper and lower case differ.
"""

import re
from collections.abc import Sequence
from fnmatch import translate
from functools import lru_cache

LONGEST, DEEPEST = 200, 20


class NoGlobError(ValueError):
    """Nobody can have meant this as a pattern of paths. Says why in words."""


def checked(told: str) -> str:
    """Without the blanks around it.

    :raises NoGlobError:
    """
    glob = told.strip()
    if not glob.strip("/"):
        raise NoGlobError("Enter a pattern, such as billing/** or *_task.py.")
    if len(glob) > LONGEST:
        raise NoGlobError(f"A pattern has at most {LONGEST} characters.")
    if len([part for part in glob.split("/") if part]) > DEEPEST:
        raise NoGlobError(f"A pattern is at most {DEEPEST} folders deep.")
    if not glob.isprintable():
        raise NoGlobError("A pattern holds no control characters and no line breaks.")
    if "\\" in glob:
        raise NoGlobError("Folders are divided by /, not by \\.")
    return glob


def matches(path: str, globs: Sequence[str]) -> bool:
    parts = tuple(path.split("/"))
    return any(_fits(parts, _compiled(glob)) for glob in globs)


# None stands for `**`: any number of folders.
_Glob = tuple[re.Pattern[str] | None, ...]


@lru_cache(maxsize=1024)
def _compiled(glob: str) -> _Glob:
    told = glob.strip()
    parts = [part for part in told.split("/") if part]
    if not parts:
        return ()
    if "/" not in told.rstrip("/"):
        parts.insert(0, "**")
    if told.endswith("/"):
        parts.append("**")
    return tuple(None if part == "**" else re.compile(translate(part)) for part in parts)


def _fits(parts: tuple[str, ...], glob: _Glob) -> bool:
    """All places of the glob where one can stand, part by part: its cost is parts × glob, whatever is asked. Most paths
    fail by their name already, or by their first folder."""
    if not glob or ((last := glob[-1]) is not None and not last.match(parts[-1])):
        return False
    places = _skipping({0}, glob)
    for part in parts:
        stay = {at for at in places if at < len(glob) and glob[at] is None}
        on = {at + 1 for at in places if at < len(glob) and (p := glob[at]) is not None and p.match(part)}
        places = _skipping(stay | on, glob)
        if not places:
            return False
    return len(glob) in places


def _skipping(places: set[int], glob: _Glob) -> set[int]:
    """`**` may stand for no folder at all."""
    for at in sorted(places):
        while at < len(glob) and glob[at] is None:
            at += 1
            places.add(at)
    return places
