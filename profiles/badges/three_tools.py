"""Not married to one assistant."""

from profiles.badges._base import Badge, Earned, Evidence, Record

TOOLS = 3


def judge(record: Record) -> Earned | None:
    days = sorted(record.tools.values())
    return Earned(days[TOOLS - 1], {"tools": len(days)}) if len(days) >= TOOLS else None


def words(evidence: Evidence) -> str:
    return f"{evidence['tools']} tools so far."


BADGE = Badge(
    slug="three-tools",
    label="Three tools",
    criterion="Accepted suggestions of three tools.",
    icon="plug",
    judge=judge,
    words=words,
)
