"""What text states, as it is kept: numbers, SHAs, keyed hashes and marks of assistants. The text itself ends here."""

import re
from typing import Any, Final

from events.pulls import assistants, keywords, reverts
from events.pulls.assistants import Kind, Mark
from events.pulls.hashing import subject_hash
from events.pulls.records import Account, CommitRecord, IssueRecord, PullRecord

Stated = dict[str, Any]
"""What is false or empty is left out.

Of all: closes (numbers), caused_by_shas, caused_by_numbers, cherry_picked_from (SHAs); reverts_shas, reverts_numbers,
reverts_branch_number, reverts_subject (keyed hash), reverts_subject_number, is_reapply. Of pull requests and commits:
is_fix (the title begins like a fix), is_about_fix (it speaks of one), is_backport (in words or by branch), and marks of
assistants: [[kind, tool, model, role, session key], ...].
"""

_MERGE: Final = re.compile(r"Merge (?:pull request #\d|(?:remote-tracking )?branch |tag |commit |remote )")


def of_pull(organization_id: int, pull: PullRecord, repository: str) -> Stated:
    mark = reverts.read(title=pull.title, body=pull.body, branch=pull.head_branch, repository=repository)
    marks = assistants.marks_of(login=pull.author.login, branch=pull.head_branch, body=pull.body)
    is_backport = keywords.is_backport(title=pull.title, message=pull.body, branch=pull.head_branch)
    told = _words(f"{pull.title}\n\n{pull.body}", repository) | _purpose(pull.title, is_backport=is_backport)
    return _kept(told | _reverts(organization_id, mark) | _marks(marks))


def of_commit(organization_id: int, commit: CommitRecord, repository: str) -> Stated:
    mark = reverts.read(message=commit.message, repository=repository)
    marks = assistants.marks_of(
        message=commit.message,
        author=f"{commit.author_name} <{commit.author_email}>",
        committer=f"{commit.committer_name} <{commit.committer_email}>",
    )
    title = commit.message.partition("\n")[0]
    is_backport = keywords.is_backport(title=title, message=commit.message)
    told = _words(commit.message, repository) | _purpose(title, is_backport=is_backport)
    return _kept(told | _reverts(organization_id, mark) | _marks(marks))


def of_issue(issue: IssueRecord, repository: str) -> Stated:
    return _kept(_words(f"{issue.title}\n\n{issue.body}", repository))


def is_bot(account: Account) -> bool:
    """An assistant's account is a bot by GitHub's word, but what it opens is a person's wish."""
    return assistants.is_bot(account.login, "Bot" if account.is_bot else "")


def is_by_assistant(stated: Stated) -> bool:
    """Whether the author of a commit is no person."""
    return any(kind == Kind.AUTHOR for kind, *_ in stated.get("marks", ()))


def is_merge(message: str) -> bool:
    """By the words of git and GitHub: a push names no parents."""
    return _MERGE.match(message) is not None


def _words(text: str, repository: str) -> Stated:
    origins = keywords.stated_origins(text, repository=repository)
    return {
        "closes": keywords.closed_issues(text, repository=repository),
        "caused_by_shas": [origin.sha for origin in origins if origin.sha],
        "caused_by_numbers": [origin.number for origin in origins if origin.number],
        "cherry_picked_from": keywords.picked_from(text),
    }


def _purpose(title: str, *, is_backport: bool) -> Stated:
    fix = keywords.fix_title(title)
    return {"is_fix": fix.prefix, "is_about_fix": fix.word, "is_backport": is_backport}


def _reverts(organization_id: int, mark: reverts.RevertMark) -> Stated:
    return {
        "reverts_shas": list(mark.shas),
        "reverts_numbers": list(mark.numbers),
        "reverts_branch_number": mark.branch_number,
        "reverts_subject": subject_hash(organization_id, mark.subject) if mark.subject else None,
        "reverts_subject_number": mark.subject_number,
        "is_reapply": mark.is_reapply,
    }


def _marks(marks: list[Mark]) -> Stated:
    return {"marks": [[str(m.kind), m.tool or "", m.model or "", str(m.role), m.session or ""] for m in marks]}


def _kept(told: Stated) -> Stated:
    return {name: value for name, value in told.items() if value}
