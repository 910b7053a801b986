"""Where a defect came from: which commit last touched the lines that its fix deletes (SZZ; rule W of PULLS.md 4).

A deleted line of code speaks for the commit that wrote it, a deleted comment, brace or import less, a line next to a
pure insertion a little; younger commits are likelier. It is a guess with a known record, so each candidate comes with
its share and the probability that was measured for such a share, and no tracing is ever more than probable.

Tried on one half of 1,083 fixes, split by a hash of their SHA, and not better there beyond chance: other half-lives and
decays, weights by kind, by group of lines and by file, the size of the candidate, merges, and a conditional logit over
all of these. Naming every candidate with a share of 0.4, or none of insertions below 0.8, had an F1 of 0.550 against
0.529 on that half and of 0.527 against 0.543 on the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from math import fsum
from typing import NamedTuple

from events.pulls.lines.changes import FileChange
from events.pulls.lines.kinds import CODE
from events.pulls.lines.owners import UNKNOWN, Runs, unseen
from events.pulls.paths import is_generated, is_source, is_test

VERSION = 1

# In hundredths: whole numbers add up to the same sum in any order.
_REAL_CODE, _OTHER_LINE, _ANCHOR = 100, 30, 25
_HALVED_AFTER_DAYS = 30
_DAY = 86_400

PROBABLE_FROM, POSSIBLE_FROM = 0.8, 0.4
# The share of top candidates that were right, by their own share: measured on 1,991 fixes (PULLS.md 3.3).
_RIGHT_FROM_SHARE = ((0.8, 0.71), (0.6, 0.45), (0.4, 0.34), (0.0, 0.20))


class Tier(StrEnum):
    CONFIRMED = "confirmed"
    PROBABLE = "probable"
    POSSIBLE = "possible"


class Line(NamedTuple):
    """A line of the old file that a fix touches: deleted, or (an anchor) next to lines that it only inserts."""

    owner: int
    kind: str
    is_real: bool = True
    is_anchor: bool = False


class Commit(NamedTuple):
    """A candidate's facts: when it was committed (seconds since 1970), and how many lines it changed, 0 if unknown."""

    committed_at: int
    changed_lines: int = 0


class Candidate(NamedTuple):
    """A commit that may have brought the defect. `share` is its part of all scores, those of unknown lines too."""

    owner: int
    share: float
    probability: float
    tier: Tier | None


def touched_lines(
    changes: Iterable[FileChange],
    before: Mapping[str, Runs],
    *,
    tests: Sequence[str] = (),
    generated: Sequence[str] = (),
) -> list[Line]:
    """The lines of non-test source that a fix touches, with their owners just before it.

    `before` are the runs of the old paths; a file that isn't there is unknown. The globs are the repository's own.
    """
    lines: list[Line] = []
    for change in changes:
        old = change.old_path
        if old is not None and is_source(old) and not is_test(old, tests) and not is_generated(old, generated):
            lines += _lines_of(change, before.get(old) or unseen())
    return lines


def trace(
    lines: Iterable[Line], commits: Mapping[int, Commit], *, fixed_at: int, reported_at: int | None = None
) -> list[Candidate]:
    """The candidates, best first; of equal ones the newer. Empty where the fix touches no line of source.

    Times are seconds since 1970. An owner newer than the report can't be its cause and drops out, with its weight. The
    weight of unknown lines stays in the sum, so that a share is honest; unknown itself is never a candidate.
    """
    latest = fixed_at if reported_at is None else min(fixed_at, reported_at)
    scores = {
        owner: weight * _recency(commits.get(owner), fixed_at)
        for owner, weight in _weights(lines).items()
        if owner == UNKNOWN or owner not in commits or commits[owner].committed_at <= latest
    }
    total = fsum(scores.values())
    known = [owner for owner in scores if owner != UNKNOWN]
    known.sort(key=lambda owner: (-scores[owner], -commits[owner].committed_at if owner in commits else 0, -owner))
    return [_candidate(owner, scores[owner] / total) for owner in known]


def probability_of(share: float) -> float:
    return next(right for at_least, right in _RIGHT_FROM_SHARE if share >= at_least)


def tier_of(share: float) -> Tier | None:
    """None: too little to be shown."""
    if share >= PROBABLE_FROM:
        return Tier.PROBABLE
    return Tier.POSSIBLE if share >= POSSIBLE_FROM else None


def _lines_of(change: FileChange, runs: Runs) -> list[Line]:
    of_deleted = runs.owners_of(line.line for line in change.deleted)
    of_anchors = runs.owners_of(anchor.line for anchor in change.anchors)
    return [Line(o, line.kind, is_real=line.real) for line, o in zip(change.deleted, of_deleted, strict=True)] + [
        Line(o, anchor.kind, is_anchor=True) for anchor, o in zip(change.anchors, of_anchors, strict=True)
    ]


def _weights(lines: Iterable[Line]) -> dict[int, int]:
    seen = list(lines)
    inserts_only = all(line.is_anchor for line in seen)
    weights: dict[int, int] = defaultdict(int)
    for line in seen:
        if line.is_anchor:
            weights[line.owner] += _REAL_CODE if inserts_only else _ANCHOR
        else:
            weights[line.owner] += _REAL_CODE if line.kind == CODE and line.is_real else _OTHER_LINE
    return weights


def _recency(commit: Commit | None, fixed_at: int) -> float:
    """1 for a commit right before the fix, a half after 30 days, and slowly less. Of an unknown age: 1."""
    if commit is None:
        return 1.0
    return 1 / (1 + max(0, fixed_at - commit.committed_at) / _DAY / _HALVED_AFTER_DAYS)


def _candidate(owner: int, share: float) -> Candidate:
    return Candidate(owner, share, probability_of(share), tier_of(share))
