"""A quarter of work of which nothing came back as a defect."""

from profiles.badges._base import Badge, Earned, Evidence, Record, quarters

FEWEST = 10


def judge(record: Record) -> Earned | None:
    for quarter in quarters(record.merged, FEWEST):
        judged_on = max(pull.judged_on for pull in quarter)
        if judged_on <= record.today and all(pull.escape in ("clean", "possible") for pull in quarter):
            return Earned(judged_on, {"pull_requests": len(quarter), "from": quarter[0].on.isoformat()})
    return None


def words(evidence: Evidence) -> str:
    return f"{evidence['pull_requests']} pull requests from {evidence['from']} on."


BADGE = Badge(
    slug="clean-quarter",
    label="Clean quarter",
    criterion="No defect was traced to any of at least ten AI-assisted pull requests of 91 days, each watched for 30.",
    icon="bug",
    judge=judge,
    words=words,
)
