"""What a path of a pull request is: source, test, or nobody's handwork. Rules here, with those of a repository.

A repository's own globs (`codecard.lib.globs`) come first in each question.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from codecard.lib.globs import matches
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
