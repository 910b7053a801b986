"""Help accepted for five kinds of work."""

from profiles.badges._base import Badge, Earned, Evidence, Record

KINDS = 5


def judge(record: Record) -> Earned | None:
    days = sorted(record.tasks.values())
    return Earned(days[KINDS - 1], {"kinds": len(days)}) if len(days) >= KINDS else None


def words(evidence: Evidence) -> str:
    return f"{evidence['kinds']} kinds so far."


BADGE = Badge(
    slug="five-kinds",
    label="Five kinds of work",
    criterion="Accepted suggestions in five kinds of work, such as tests, endpoints and migrations.",
    icon="table",
    judge=judge,
    words=words,
)
