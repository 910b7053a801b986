"""Ten pull requests one after the other whose tests passed at once."""

from profiles.badges._base import Badge, Earned, Evidence, Record

RUNS = 10


def judge(record: Record) -> Earned | None:
    run = 0
    for pull in record.merged:
        if pull.first_run in ("passed", "failed"):
            run = run + 1 if pull.first_run == "passed" else 0
        if run == RUNS:
            return Earned(pull.on, {"runs": RUNS})
    return None


def words(evidence: Evidence) -> str:
    return f"{evidence['runs']} first runs in CI, none failed between them."


BADGE = Badge(
    slug="ten-first-runs",
    label="Green at once",
    criterion="Ten AI-assisted pull requests in a row passed their tests in the first run.",
    icon="check",
    judge=judge,
    words=words,
)
