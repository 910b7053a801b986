"""By task type: where it goes well, and where it doesn't."""

from dataclasses import dataclass

from codecard.lib.periods import Days
from codecard.lib.reading import Reading
from events.answers import Answers, Question
from events.answers.answering import LAST
from events.dashboards.narrowing import Filters, name_of
from events.dashboards.rulers import metric_named
from events.metrics._base import By

COLUMNS = ("acceptance-rate", "first-run-pass-rate", "latency-to-integration", "tokens-per-merged-line")
_NOTHING = Reading(value=None)


@dataclass(frozen=True, slots=True)
class TaskRow:
    key: str
    name: str
    accepted: Reading
    first_run: Reading
    to_merge: Reading
    tokens: Reading

    @property
    def judged(self) -> Reading:
        """The one whose verdict stands for the row: what is out of its range, else what can be judged."""
        both = (self.accepted, self.first_run)
        weighed = [one for kind in ("warn", "ok") for one in both if one.verdict.kind == kind]
        known = [one for one in (*both, self.to_merge, self.tokens) if one.value is not None]
        return next(iter([*weighed, *known]), self.accepted)


def task_rows(answers: Answers, shown: Days, before: Days | None, filters: Filters) -> tuple[list[TaskRow], str]:
    """The most suggestions first; and why a column is empty, in words."""
    columns: list[dict[str, Reading]] = []
    why = ""
    for slug in COLUMNS:
        try:
            question = Question(metric=metric_named(slug), shown=shown, before=before, by=By.TASK, filters=filters)
        except ValueError as error:
            columns.append({})
            why = str(error)
        else:
            columns.append({row.key: row.reading for row in answers.answer(question).rows})
    keys = dict.fromkeys(key for column in columns for key in column)
    rows = [TaskRow(key, name_of(By.TASK, key), *(column.get(key, _NOTHING) for column in columns)) for key in keys]
    return sorted(rows, key=lambda row: (LAST.get(row.key, 0), -row.accepted.n, -row.to_merge.n, row.name)), why
