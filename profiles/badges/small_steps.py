"""Changes that a reviewer can hold in mind."""

from profiles.badges._base import Badge, Earned, Evidence, Record, quarters

FEWEST, SHARE = 10, 0.5


def judge(record: Record) -> Earned | None:
    for quarter in quarters(record.merged, FEWEST):
        small = sum(pull.is_small for pull in quarter)
        if small >= SHARE * len(quarter):
            return Earned(quarter[-1].on, {"small": small, "pull_requests": len(quarter)})
    return None


def words(evidence: Evidence) -> str:
    return f"{evidence['small']} of {evidence['pull_requests']} pull requests."


BADGE = Badge(
    slug="small-steps",
    label="Small steps",
    criterion="At least half of ten or more AI-assisted pull requests of 91 days changed fewer than 20 lines.",
    icon="dash",
    judge=judge,
    words=words,
)
