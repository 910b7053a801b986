"""What a path of a pull request is: source, test, or nobody's handwork. Rules here, with those of a repository.

A repository's own globs come first in each question. `vendor/**`, `*.pb.go` and `docs/` are globs: `*` and `?` stay in
one folder, `**` crosses folders, a glob without a slash is looked for in every folder, one that ends in a slash means
all below.
"""

import re
from collections.abc import Sequence
from fnmatch import translate
from functools import lru_cache

from events.sources._paths import classify

_NO_SOURCE = frozenset(["Markdown", "reStructuredText", "JSON", "YAML", "TOML", "XML"])
_VENDORED = [
    "vendor",
    "vendored",
    "third_party",
    "thirdparty",
    "third-party",
    "node_modules",
    "bower_components",
    "pods",
]
_MADE = ["generated", "__generated__", "_generated", "__snapshots__", "cassettes", ".yarn", "carthage", "site-packages"]
_FOLDERS = frozenset(_VENDORED + _MADE)
# At the top such a folder holds what was built; deeper down it may be anybody's.
_TOP_FOLDERS = frozenset(["dist", "build", "out", "target"])
_GENERATED_NAME = re.compile(
    r"(?:package-lock|npm-shrinkwrap)\.json|[\w.-]+\.lock|(?:pnpm-lock|\.?yarn-lock)\.ya?ml|bun\.lockb?|go\.sum|[\w.-]+\.lock\.json"
    r"|gradle\.lockfile|packages\.lock\.json|package\.resolved|manifest\.toml"
    r"|.+[.-]min\.(?:js|css|mjs)|.+\.bundle\.js|.+\.(?:js|css)\.map|.+\.snap"
    r"|.+\.pb\.(?:go|cc|h|c)|.+_pb2(?:_grpc)?\.pyi?|.+\.g\.dart|.+\.freezed\.dart|.+\.designer\.cs|.+\.g\.cs"
    r"|.+\.generated\.\w+|.+[._-]gen(?:erated)?\.(?:go|ts|js|py|rs|java)|.+_generated\.\w+|zz_generated\..+"
)


def language_of(path: str) -> str | None:
    return classify(path)[1]


def is_source(path: str) -> bool:
    """Whether a program's code is in it, tests among it: no documents, no data, no configuration."""
    language = language_of(path)
    return language is not None and language not in _NO_SOURCE


def is_test(path: str, globs: Sequence[str] = ()) -> bool:
    return matches(path, globs) or classify(path)[0] == "test"


@lru_cache(maxsize=4096)
def _is_generated(path: str) -> bool:
    *folders, name = path.lower().split("/")
    if folders and (folders[0] in _TOP_FOLDERS or not _FOLDERS.isdisjoint(folders)):
        return True
    return _GENERATED_NAME.fullmatch(name[-200:]) is not None


def is_generated(path: str, globs: Sequence[str] = ()) -> bool:
    """Generated, vendored, locked or minified: nobody wrote its lines, so they count nowhere."""
    return matches(path, globs) or _is_generated(path)


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
    """All places of the glob where one can stand, part by part: its cost is parts × glob, whatever is asked."""
    places = _skipping({0}, glob)
    for part in parts:
        stay = {at for at in places if at < len(glob) and glob[at] is None}
        on = {at + 1 for at in places if at < len(glob) and (p := glob[at]) is not None and p.match(part)}
        places = _skipping(stay | on, glob)
    return bool(glob) and len(glob) in places


def _skipping(places: set[int], glob: _Glob) -> set[int]:
    """`**` may stand for no folder at all."""
    for at in sorted(places):
        while at < len(glob) and glob[at] is None:
            at += 1
            places.add(at)
    return places
