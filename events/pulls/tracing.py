"""Rule W over what replay noted: whose lines a fix changed (`DefaultCommit.blamed`), so that no older state is needed.

Several commits of one pull request are one owner. What nobody knows the owner of keeps its weight, and is no candidate.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from events.models import DefaultCommit, PullRequest
from events.pulls import szz
from events.pulls.landings import KnownHistory
from events.pulls.lines.owners import UNKNOWN
from events.pulls.signals import is_running_code
from events.pulls.szz import Candidate, Line

MOST_FILES = 20


@dataclass(frozen=True, slots=True)
class Trace:
    """`candidates`: best first, each with the commit of the default branch that stands for it. `owners`: whose each
    traced number was taken for, 0 for nobody's; a change of that is a reason to trace anew."""

    candidates: list[tuple[Candidate, DefaultCommit]]
    files: list[tuple[str, Counter[int]]]
    owners: dict[int, int]

    def facts_of(self, owner: int) -> dict[str, Any]:
        """For the page of a defect: in which files, how many lines, and who else came into question."""
        files = [[path, lines[owner]] for path, lines in self.files if lines[owner]]
        return {
            "rule": szz.VERSION,
            "files": files[:MOST_FILES],
            "lines": sum(lines for _, lines in files),
            "candidates": [[_number(commit), round(one.share, 4)] for one, commit in self.candidates[:5]],
        }


def trace(history: KnownHistory, fix: PullRequest, *, reported_at: datetime | None, latest: datetime) -> Trace | None:
    """None while its commits' diffs aren't applied. `latest`: what landed later can't be the cause."""
    commits = list(history.commits.filter(pull_request=fix).order_by("seq"))
    if not commits or any(commit.blamed is None for commit in commits):
        return None
    told = [(path, lines) for commit in commits for path, lines in _lines_of(history, commit)]
    owners = {line.owner for _, lines in told for line in lines} - {UNKNOWN}
    known = {commit.applied_seq or 0: commit for commit in history.commits.filter(applied_seq__in=owners)}
    stands_for = _representatives(known)
    own = {owner for owner, commit in known.items() if commit.pull_request_id == fix.id}
    kept = [
        (path, [one._replace(owner=stands_for.get(one.owner, UNKNOWN)) for one in lines if one.owner not in own])
        for path, lines in told
    ]
    commits_known = {owner: _facts_of(known[owner]) for owner in set(stands_for.values())}
    found = szz.trace(
        [line for _, lines in kept for line in lines],
        commits_known,
        fixed_at=int(commits[-1].committed_at.timestamp()),
        reported_at=int(min(latest, reported_at or latest).timestamp()),
    )
    return Trace(
        [(candidate, known[candidate.owner]) for candidate in found],
        [(path, Counter(line.owner for line in lines)) for path, lines in kept],
        {owner: _taken_for(known.get(owner)) for owner in sorted(owners)},
    )


def _lines_of(history: KnownHistory, commit: DefaultCommit) -> Iterable[tuple[str, list[Line]]]:
    for path, deleted, anchors in commit.blamed or ():
        if is_running_code(history.repository, path):
            lines = [Line(owner, kind, bool(real)) for owner, kind, real, count in deleted for _ in range(count)]
            near = [Line(owner, kind, is_anchor=True) for owner, kind, count in anchors for _ in range(count)]
            yield path, [*lines, *near]


def _representatives(known: Mapping[int, DefaultCommit]) -> dict[int, int]:
    """For each commit the last one of its pull request among them."""
    last: dict[int, int] = {}
    for owner in sorted(known):
        if pull_request_id := known[owner].pull_request_id:
            last[pull_request_id] = owner
    return {owner: last.get(commit.pull_request_id or 0, owner) for owner, commit in known.items()}


def _facts_of(commit: DefaultCommit) -> szz.Commit:
    pull_request = commit.pull_request
    changed = pull_request.additions + pull_request.deletions if pull_request else commit.lines_added
    return szz.Commit(int(_landed_at(commit).timestamp()), changed)


def _landed_at(commit: DefaultCommit) -> datetime:
    pull_request = commit.pull_request
    return (pull_request and pull_request.integrated_at) or commit.committed_at


def _taken_for(commit: DefaultCommit | None) -> int:
    """One that isn't known to be integrated is no origin yet."""
    pull_request = commit.pull_request if commit else None
    return pull_request.id if pull_request and pull_request.integrated_at else 0


def _number(commit: DefaultCommit) -> int | None:
    return commit.pull_request.number if commit.pull_request else None
