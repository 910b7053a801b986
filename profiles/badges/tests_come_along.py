"""Tests with the code. Whether they were there before it, nothing that is kept can tell."""

from profiles.badges._base import Badge, Earned, Evidence, Record, quarters

FEWEST, SHARE = 10, 0.5


def judge(record: Record) -> Earned | None:
    for quarter in quarters(record.merged, FEWEST):
        tested = sum(pull.changes_tests for pull in quarter)
        if tested >= SHARE * len(quarter):
            return Earned(quarter[-1].on, {"tested": tested, "pull_requests": len(quarter)})
    return None


def words(evidence: Evidence) -> str:
    return f"{evidence['tested']} of {evidence['pull_requests']} pull requests."


BADGE = Badge(
    slug="tests-come-along",
    label="Tests come along",
    criterion="At least half of ten or more AI-assisted pull requests of 91 days changed tests too.",
    icon="check",
    judge=judge,
    words=words,
)
