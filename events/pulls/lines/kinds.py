"""What a line is to its reader: code, comment, docstring, blank, a token or two, an import.

A blamed line of code says more about a defect's origin than a brace does. Only a hunk is seen, never the whole file:
where it begins inside a block comment or a string, the line is taken for code.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from events.pulls.paths import language_of

CODE, COMMENT, DOCSTRING, BLANK, TRIVIAL, IMPORT = "k", "c", "d", "b", "t", "i"
KINDS = (CODE, COMMENT, DOCSTRING, BLANK, TRIVIAL, IMPORT)

_HASH = frozenset(
    [
        "Python",
        "Ruby",
        "Perl",
        "R",
        "Julia",
        "Elixir",
        "Shell",
        "PowerShell",
        "YAML",
        "TOML",
        "Terraform",
        "CMake",
        "Nix",
    ]
) | {"Dockerfile", "Makefile", "Just"}
_DASHES = frozenset(["SQL", "Lua", "Haskell"])
_MARKUP = frozenset(["HTML", "XML", "Markdown", "Vue", "Svelte"])
_COMMENTS = {
    "hash": re.compile(r"#"),
    "dashes": re.compile(r"--"),
    "markup": re.compile(r"<!--|-->|\{#|\{% comment"),
    "slashes": re.compile(r"//|/\*|\*/|\*(?=[\s*/]|$)"),
}
_TRIVIAL = re.compile(
    r"[\s()\[\]{}<>;:,.]*|(?:\}?\s*else\s*[:{]?|pass|end|try\s*[:{]|finally\s*[:{]|do\s*\{?|break;?|continue;?|return;?|fi|done|esac)"
)
_IMPORT = re.compile(
    r"import\b|from\s+\S+\s+import\b|#\s*include\b|using\s+[\w.]+\s*;|use\s+[\w:\\]+|require(?:_once)?\b|package\s+\S+"
)
_QUOTES = re.compile(r'"""|\'\'\'')


def kinds(path: str, lines: Iterable[str]) -> Iterator[str]:
    """The kind of each line, in order. The lines are one side of one hunk."""
    language = language_of(path) or ""
    inside = ""
    for line in lines:
        text = line.strip()
        if language == "Python":
            kind, inside = _python(text, inside)
        else:
            kind = _kind(text, language)
        yield kind


def _python(text: str, inside: str) -> tuple[str, str]:
    """The kind, and the quotes of the docstring that goes on after the line."""
    if inside:
        return (DOCSTRING if text else BLANK), ("" if text.count(inside) % 2 else inside)
    opening = _QUOTES.match(text.lstrip("rRbBuU"))
    if opening:
        return DOCSTRING, (opening[0] if text.count(opening[0]) % 2 else "")
    return _kind(text, "Python"), ""


def _kind(text: str, language: str) -> str:
    if not text:
        return BLANK
    if _IMPORT.match(text):
        return IMPORT
    if _comment_of(language).match(text):
        return COMMENT
    return TRIVIAL if _TRIVIAL.fullmatch(text) else CODE


@lru_cache(maxsize=128)
def _comment_of(language: str) -> re.Pattern[str]:
    families = {"hash": _HASH, "dashes": _DASHES, "markup": _MARKUP}
    return _COMMENTS[next((name for name, of in families.items() if language in of), "slashes")]
