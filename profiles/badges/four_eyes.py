"""Somebody else looked at all of it."""

from profiles.badges._base import Badge, Earned, Evidence, Record, quarters

FEWEST = 10


def judge(record: Record) -> Earned | None:
    for quarter in quarters(record.merged, FEWEST):
        if all(pull.is_reviewed for pull in quarter):
            return Earned(quarter[-1].on, {"pull_requests": len(quarter)})
    return None


def words(evidence: Evidence) -> str:
    return f"{evidence['pull_requests']} pull requests, all of them."


BADGE = Badge(
    slug="four-eyes",
    label="Four eyes",
    criterion="Each of ten or more AI-assisted pull requests of 91 days was reviewed by another person.",
    icon="eye",
    judge=judge,
    words=words,
)
