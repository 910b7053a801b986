"""What a commit message or a pull request's text states: issues that it closes, changes that it blames, its purpose.

A stated origin is the strongest evidence there is; it still must name a change of the default branch to count.
"""

import re
from collections.abc import Hashable, Iterable
from typing import NamedTuple, TypeVar

_LONGEST_TEXT = 200_000
_LONGEST_TITLE = 500
_MOST = 50

_SHA = r"[0-9a-f]{7,40}"
_REPOSITORY = r"[\w.-]{1,100}/[\w.-]{1,100}"
_CLOSING = re.compile(
    rf"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+(?:https?://[\w.-]+/(?P<url>{_REPOSITORY})/issues/|(?P<repository>{_REPOSITORY})?#)(?P<number>\d{{1,9}})\b",
    re.IGNORECASE,
)
_FIXES_SHA = re.compile(
    rf"^[ \t]*(?:[*-][ \t]+)?fixes:[ \t]*(?:commit[ \t]+)?(?P<sha>{_SHA})\b", re.IGNORECASE | re.MULTILINE
)
_BLAME = (
    r"(?:caused|introduced|broken|brought\s+in|regressed)\s+(?:by|in|since|with)"
    r"|regress(?:ion|ed|es)\s+(?:was\s+|were\s+|is\s+)?(?:\w+\s+){0,2}?(?:from|of|in|by|since|introduced\s+(?:in|by)|caused\s+by)"
    r"|(?:since|after)\s+(?:the\s+)?(?:merge\s+of|merging)|bisect(?:ed|s)\s+(?:it\s+|this\s+)?(?:down\s+)?to|regressor:|origin:"
)
_ORIGIN = re.compile(
    rf"\b(?:{_BLAME})\s+(?:(?:the|our|commit|change|pull\s+request|pr|mr|merge|in)\s+){{0,3}}:?\s*[`'\"(\[]{{0,2}}"
    rf"(?:(?:https?://[\w.-]+/(?P<url>{_REPOSITORY})/(?:pull|commit)s?/|(?P<repository>{_REPOSITORY})?[#@]|(?:gh|pr)-)?(?:(?P<number>\d{{1,9}})(?!\w|\.\d)|(?P<sha>{_SHA})(?![\w]))"
    rf")",
    re.IGNORECASE,
)
_PICKED = re.compile(rf"\(cherry[ -]picked from (?:commit )?(?P<sha>{_SHA})\b", re.IGNORECASE)
_BACKPORT = re.compile(
    r"\bback-?port(?:s|ed|ing)?\b|^\s*\[[\w./ -]{1,40}\]\s|^\s*\(?(?:release|stable)[-/ ][\d.]+(?:x)?\)?\s*:",
    re.IGNORECASE,
)
_BACKPORT_BRANCH = re.compile(r"(?:^|[:/])(?:backport|cherry-pick|mergify/(?:bp|backport))[-/]", re.IGNORECASE)
_RELEASE = re.compile(
    r"(?:[\w./-]*/)?(?:release|releases|stable|maintenance|support|backport|hotfix)[-/._]v?\d[\w.-]*|v?\d+(?:\.\d+)*\.x|v?\d+\.\d+(?:-stable)?",
    re.IGNORECASE,
)

_FIX_PREFIX = re.compile(
    r"\s*(?:\[?(?:bug-?fix|hot-?fix|fix(?:e[sd])?|bug|regression)\]?(?:\([^()]{0,60}\))?!?\s*[:\]]|(?:🐛|🚑|:bug:|:ambulance:)|fix(?:es|ed|ing)?\b|hot-?fix\b|bug-?fix\b|correct(?:s|ed)?\b|repair(?:s|ed)?\b|resolve[sd]?\b)",
    re.IGNORECASE,
)
_FIX_WORD = re.compile(
    r"\b(?:fix(?:e[sd]|ing)?|bug(?:s|fix(?:es)?)?|hot-?fix|regressions?|crash(?:es|ed|ing)?|broken|segfaults?|deadlocks?"
    r"|incorrect(?:ly)?|race condition|memory leaks?)\b",
    re.IGNORECASE,
)
# These begin like fixes and change nothing that a user could have met.
_NO_FIX = re.compile(
    r"\s*(?:fix(?:e[sd]|ing)?:?|correct(?:s|ed)?)\s+(?:a\s+|the\s+|some\s+|minor\s+)*(?:typos?|spelling|grammar|lint(?:er|ing)?|format(?:ting)?|whitespace|indentation|(?:broken\s+)?links?|docs?|documentation|readme|changelog|comments?|docstrings?|ci|(?:flaky\s+)?tests?|flake8|mypy|ruff|eslint|build|imports?\s+order)\b"
    r"|\s*(?:fix|bug)\((?:docs?|ci|tests?|build|lint|deps|chore|style)\)"
    r"|\s*(?:docs?|ci|tests?|build|chore|style|refactor|feat|perf|revert)(?:\([^()]{0,60}\))?!?:",
    re.IGNORECASE,
)


_T = TypeVar("_T", bound=Hashable)


class Origin(NamedTuple):
    """A change that a text blames: by SHA (maybe shortened) or by number, exactly one of the two."""

    sha: str | None
    number: int | None


class FixTitle(NamedTuple):
    """Whether a title begins like a fix, and whether it speaks of one anywhere (`prefix` implies `word`)."""

    prefix: bool
    word: bool


def closed_issues(text: str, *, repository: str = "") -> list[int]:
    """The issues of this repository that the text closes when it lands on the default branch, in order.

    `repository` is `owner/name`: an issue of another isn't ours. GitHub's own `closingIssuesReferences` knows better.
    """
    found = _CLOSING.finditer(text[:_LONGEST_TEXT])
    return _unique(int(told["number"]) for told in found if _is_ours(told, repository))


def stated_origins(text: str, *, repository: str = "") -> list[Origin]:
    """`Fixes: <sha>`, "caused by", "regression from", "introduced in" with a SHA or the number of a pull request."""
    plain = text[:_LONGEST_TEXT]
    by_trailer = [Origin(told["sha"].lower(), None) for told in _FIXES_SHA.finditer(plain) if _is_sha(told["sha"])]
    by_words = [_origin(told) for told in _ORIGIN.finditer(plain) if _is_ours(told, repository)]
    return _unique(origin for origin in [*by_trailer, *by_words] if origin is not None)


def picked_from(message: str) -> list[str]:
    """The SHAs that `git cherry-pick -x` says the commit was picked from."""
    return _unique(told["sha"].lower() for told in _PICKED.finditer(message[:_LONGEST_TEXT]))


def is_backport(
    *, title: str = "", message: str = "", branch: str = "", base: str = "", default_branch: str = ""
) -> bool:
    """Whether a change lands again what landed before. `base` is the branch that it goes to."""
    goes_elsewhere = (
        bool(base and default_branch)
        and base != default_branch
        and _RELEASE.fullmatch(base[:_LONGEST_TITLE]) is not None
    )
    by_branch = _BACKPORT_BRANCH.search(branch[:_LONGEST_TITLE]) is not None
    return goes_elsewhere or by_branch or bool(picked_from(message)) or _says_backport(title)


def fix_title(title: str) -> FixTitle:
    line = title[:_LONGEST_TITLE].partition("\n")[0]
    if _NO_FIX.match(line):
        return FixTitle(prefix=False, word=False)
    prefix = _FIX_PREFIX.match(line) is not None
    return FixTitle(prefix, prefix or _FIX_WORD.search(line) is not None)


def _says_backport(title: str) -> bool:
    return _BACKPORT.search(title[:_LONGEST_TITLE]) is not None


def _origin(told: re.Match[str]) -> Origin | None:
    number, sha = told["number"], told["sha"]
    if number is None:
        return Origin(sha.lower(), None) if _is_sha(sha) else None
    # "since 2019" and "in 3 places" name no change: a bare number must be marked as one.
    is_marked = re.search(r"[#@/-]\s*$|\b(?:pr|mr|request)\s*$", told[0][: -len(number)], re.IGNORECASE)
    return Origin(None, int(number)) if is_marked else None


def _is_sha(told: str) -> bool:
    return len(told) == 40 or (any(map(str.isalpha, told)) and any(map(str.isdecimal, told)))


def _is_ours(told: re.Match[str], repository: str) -> bool:
    named = told["url"] or told["repository"]
    return not named or not repository or named.lower() == repository.lower()


def _unique(told: Iterable[_T]) -> list[_T]:
    return list(dict.fromkeys(told))[:_MOST]
