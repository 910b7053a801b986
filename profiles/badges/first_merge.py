"""The first AI-assisted change that got all the way."""

from profiles.badges._base import Badge, Earned, Evidence, Record


def judge(record: Record) -> Earned | None:
    return Earned(record.merged[0].on, {"pull_requests": len(record.merged)}) if record.merged else None


def words(evidence: Evidence) -> str:
    return "One so far." if evidence["pull_requests"] == 1 else f"{evidence['pull_requests']} so far."


BADGE = Badge(
    slug="first-merge",
    label="First merge",
    criterion="An AI-assisted pull request of one’s own reached the default branch.",
    icon="pull",
    judge=judge,
    words=words,
)
