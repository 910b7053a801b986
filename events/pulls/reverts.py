"""Reverts in all their forms: what a text says it takes back, and which change of the default branch that is.

Reading happens while the text is there, resolving whenever the history is: between the two a subject is kept only as
a keyed hash. The forms, in the order in which they are believed: SHAs in the message, `Reverts owner/repo#n`, GitHub's
branch `revert-<n>-…`, and the title `Revert "…"`, which means the newest earlier commit of that subject.
"""

import hashlib
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple, Protocol

_MOST = 50
_LONGEST_TEXT = 100_000
_TITLE_LENGTH = 500

_SHA = r"[0-9a-f]{7,40}"
_LIST_OF_SHAS = re.compile(
    rf"\breverts?\s+(?:the\s+)?(?:following\s+)?(?:commits?\s*:?\s*)?[`'\"(*-]?\s*({_SHA}\b(?:[`'\")\s,;&*-]|and\s|commits?\s|{_SHA}\b){{0,200}})",
    re.IGNORECASE,
)
_ONE_SHA = re.compile(rf"(?<![0-9a-z]){_SHA}(?![0-9a-z])", re.IGNORECASE)
# A revert of a merge names its second parent too: "This reverts commit a, reversing changes made to b."
_ASIDE = re.compile(r"reversing\s+changes\s+made\s+to\s+\S+", re.IGNORECASE)
_NUMBER = re.compile(
    r"\brevert(?:s|ed|ing)?\s+(?:the\s+)?(?:(?:pull|merge)\s+request\s+|pr\s+|mr\s+)?"
    r"(?:https?://[\w.-]+/)?(?:(?P<repository>[\w.-]+(?:/[\w.-]+)+)(?:#|!|(?:/-)?/(?:pull|merge_requests)/)|[#!])(?P<number>\d{1,9})\b",
    re.IGNORECASE,
)
_BRANCH = re.compile(r"(?:^|[:/])revert-(\d{1,9})-")
_TITLE = re.compile(
    r"(?:[\w./ -]{1,40}:\s*)?(?:(?P<again>re-?appl(?:y|ies))|(?:partial(?:ly)?\s+)?revert(?:s|ing)?:?)\s+"
    r"(?P<quote>[\"'`])(?P<subject>.+)(?P=quote)",
    re.IGNORECASE,
)
_CURLY = str.maketrans("“”‘’", "\"\"''")
_CONVENTIONAL = re.compile(r"revert(?:\([^()]*\))?!?:\s+(?P<subject>\S.*)", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:\s*\((?:#|!)\d{1,9}\))+\s*$")
_REVERT = re.compile(r"revert\b", re.IGNORECASE)
_CUT_OFF = ("…", "...")


class Method(StrEnum):
    SHA = "revert_sha"
    NUMBER = "revert_number"
    BRANCH = "revert_branch"
    TITLE = "revert_title"


class RevertMark(NamedTuple):
    """What a text says it takes back. `is_reapply`: it takes a revert back, so that the change is there again."""

    shas: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    branch_number: int | None = None
    subject: str | None = None
    subject_number: int | None = None  # of Revert "… (#n)": the pull request with which the subject landed
    is_reapply: bool = False

    def __bool__(self) -> bool:
        return bool(self.shas or self.numbers or self.branch_number or self.subject)


class History(Protocol):
    """The default branch, as far as it is known. A commit is named by the storage's own number."""

    def by_sha(self, sha: str) -> int | None:
        """The commit whose SHA is this or begins so; None where there is none, or more than one."""

    def by_number(self, number: int) -> int | None:
        """The commit with which the pull request of the number landed."""

    def by_subject(self, key: bytes, before: int) -> int | None:
        """The newest commit earlier than `before` (seconds since 1970) whose subject has the key."""


class Target(NamedTuple):
    commit: int
    method: Method


def read(
    *, message: str = "", title: str = "", body: str = "", branch: str = "", repository: str | None = None
) -> RevertMark:
    """The mark of a commit (`message`) or of a pull request (`title`, `body`, `branch`), or of both together.

    `repository` is `owner/name`: a number of another one isn't ours. Without it every number is.
    """
    text = f"{message[:_LONGEST_TEXT]}\n{title[:_TITLE_LENGTH]}\n{body[:_LONGEST_TEXT]}"
    lines = (message.partition("\n")[0], title)
    quoted = next(
        filter(None, (_quoted(line[:_TITLE_LENGTH]) for line in lines)), _Quoted(None, None, is_reapply=False)
    )
    named = _BRANCH.search(branch[:_TITLE_LENGTH])
    return RevertMark(
        shas=_shas(text),
        numbers=_numbers(text, repository),
        branch_number=int(named[1]) if named else None,
        subject=quoted.subject,
        subject_number=quoted.number,
        is_reapply=quoted.is_reapply,
    )


def subject_of(title: str) -> str:
    """A commit's or pull request's subject as a revert would quote it: without `(#n)` at its end, spaces made one."""
    line = " ".join(title[:_TITLE_LENGTH].partition("\n")[0].translate(_CURLY).split())
    return _SUFFIX.sub("", line).strip()


def key_of(subject: str, secret: bytes) -> bytes:
    """What is stored of a subject: equal for equal subjects of one organization, and nothing can be read from it."""
    return hashlib.blake2b(subject_of(subject).encode("utf-8", "replace"), key=secret[:64], digest_size=16).digest()


def resolve(
    mark: RevertMark, subject_key: bytes | None, history: History, *, before: int, itself: int | None = None
) -> list[Target]:
    """The commits of the default branch that are taken back; none where it isn't one of them.

    A mark that names SHAs which never were on the default branch took back something inside its own branch; then its
    title is not asked. `before` is when the revert was committed, `itself` its own commit.
    """
    shas = _known((history.by_sha(sha) for sha in mark.shas), Method.SHA, itself)
    numbers = _known((history.by_number(number) for number in mark.numbers), Method.NUMBER, itself)
    if found := shas or numbers:
        return found
    if mark.branch_number is not None:
        found = _known([history.by_number(mark.branch_number)], Method.BRANCH, itself)
    if not found and not mark.shas:
        found = _known([_titled(mark, subject_key, history, before)], Method.TITLE, itself)
    return found


def _titled(mark: RevertMark, subject_key: bytes | None, history: History, before: int) -> int | None:
    by_number = None if mark.subject_number is None else history.by_number(mark.subject_number)
    if by_number is not None or subject_key is None:
        return by_number
    return history.by_subject(subject_key, before)


def _known(commits: Iterable[int | None], method: Method, itself: int | None) -> list[Target]:
    return [Target(commit, method) for commit in dict.fromkeys(commits) if commit is not None and commit != itself]


def _shas(text: str) -> tuple[str, ...]:
    plain = _ASIDE.sub("", text)
    found = (sha.lower() for told in _LIST_OF_SHAS.finditer(plain) for sha in _ONE_SHA.findall(told[1]))
    # Seven digits alone are a number or a date.
    return tuple(dict.fromkeys(sha for sha in found if len(sha) == 40 or not sha.isdecimal()))[:_MOST]


def _numbers(text: str, repository: str | None) -> tuple[int, ...]:
    ours = (repository or "").lower()
    found = _NUMBER.finditer(text)
    told = (m for m in found if not m["repository"] or not ours or m["repository"].lower().endswith(ours))
    return tuple(dict.fromkeys(int(m["number"]) for m in told))[:_MOST]


class _Quoted(NamedTuple):
    subject: str | None
    number: int | None
    is_reapply: bool


def _quoted(line: str) -> _Quoted | None:
    """What a title quotes. None where it quotes nothing, or not to its end."""
    title = " ".join(line.translate(_CURLY).split())
    found = _TITLE.match(title) or _CONVENTIONAL.match(title)
    if found is None or found["subject"].rstrip().endswith(_CUT_OFF):
        return None
    told = found["subject"].strip()
    if found.groupdict().get("again"):
        # `git revert` of a revert says Reapply "X", and means the commit Revert "X"; its (#n) is that of X.
        return _Quoted(f'Revert "{told}"', None, is_reapply=True)
    subject = subject_of(told)
    suffix = _SUFFIX.search(told)
    number = int(re.findall(r"\d+", suffix[0])[-1]) if suffix else None
    return _Quoted(subject, number, is_reapply=_REVERT.match(subject) is not None) if subject else None
