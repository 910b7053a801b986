"""The counts of a breakdown add up to the total, whatever the metric, the dimension and the facts."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from codecard.lib.clusters import Moments
from codecard.lib.periods import Days
from events.answers import Answers, Question, Scope
from events.metrics import all_metrics
from events.metrics._base import Metric
from events.models import AiClass, EscapeState, LatencyState
from events.queries.cells import DETAIL_SUMS, Has
from events.queries.facts import Detail, Distance, Facts, FirstRun, Given
from events.queries.people import Group
from events.queries.pull_facts import Pull
from teams.models import Organization

MONDAYS = [date(2026, 5, 4) + timedelta(weeks=i) for i in range(3)]
DAYS = Days(MONDAYS[0], MONDAYS[-1] + timedelta(weeks=1))
NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
PEOPLE = list(range(1, 9))


def invented(random: Random) -> Facts:
    scope = Group(1, "crew", "Crew", frozenset(PEOPLE))
    facts = Given(1, "UTC", scope, (scope,), (DAYS,), NOW)
    facts.__dict__.update(
        details=[_detail(random) for _ in range(random.randint(0, 25))],
        distances=[_distance(random) for _ in range(random.randint(0, 25))],
        first_runs=[_first_run(random) for _ in range(random.randint(0, 12))],
        pulls=[_pull(random, number) for number in range(random.randint(0, 120))],
        decisions={week_on: Moments.from_pairs([(3, 5), (2, 9)]) for week_on in MONDAYS},
    )
    return facts


def _people(random: Random) -> frozenset[int]:
    return frozenset(random.sample(PEOPLE, random.randint(1, len(PEOPLE))))


def _keys(random: Random) -> tuple[str, str, str, str, str]:
    """Tool, model, repository, language, task; "" where it isn't known."""
    return (
        random.choice(("claude-code", "codex")), random.choice(("", "sonnet", "gpt")),
        random.choice(("", "a/b", "a/c")), random.choice(("", "Python")), random.choice(("", "test", "docs")),
    )  # fmt: skip


def _detail(random: Random) -> Detail:
    sums = {name: random.randint(0, 50) for name in DETAIL_SUMS}
    people = dict.fromkeys(Has, _people(random))
    return Detail(random.choice(MONDAYS), *_keys(random), people=people, sums=sums)


def _distance(random: Random) -> Distance:
    lines = Counter({random.randint(0, 100): random.randint(1, 30) for _ in range(3)})
    moments = Moments.from_pairs([(random.randint(0, 5), random.randint(5, 9))])
    horizon = random.choice((1, 2))
    return Distance(random.choice(MONDAYS), *_keys(random), horizon, _people(random), 3, lines, moments)


def _first_run(random: Random) -> FirstRun:
    counts = (random.randint(0, 9) for _ in range(3))
    return FirstRun(random.choice(MONDAYS), "codex", random.choice(("", "a/b")), _people(random), *counts)


def _pull(random: Random, number: int) -> Pull:
    week_on, latency = random.choice(MONDAYS), random.choice(list(LatencyState))
    some: dict[str, object] = dict.fromkeys(Pull._fields, 0)
    some |= {
        "id": number, "author": random.choice(PEOPLE), "week_on": week_on, "due_week_on": random.choice(MONDAYS),
        "repository": random.choice(("a/b", "a/c")), "task": random.choice(("", "test", "docs")),
        "size": random.randint(0, 4), "change_class": random.choice(("small_patch", "feature_with_tests", "other")),
        "ai_class": random.choice((AiClass.AI, AiClass.UNKNOWN)),
        "tools": random.sample(["x", "y"], random.randint(0, 2)),
        "models": random.sample(["m", "n"], random.randint(0, 2)), "ai_lines": random.choice((None, 20)),
        "source_lines_added": 30, "latency": latency, "seconds": 600 if latency == LatencyState.MEASURED else None,
        "escape": random.choice(list(EscapeState)), "is_due": random.random() < 0.6,
        "tokens": random.choice((None, 900.0)),
        "accepted_lines": random.choice((None, 40.0)), "tests": random.choice((None, "passed", "failed", "none")),
        "complexity": random.choice((None, 4.0, 12.5)), "complexity_before": random.choice((None, 9.0)),
        "violations": random.choice((None, 0, 3)), "checked_lines": 250,
    }  # fmt: skip
    return Pull(**some)  # type: ignore[arg-type]


@pytest.mark.parametrize("metric", all_metrics(), ids=lambda metric: metric.slug)
def test_rows_add_up_to_the_total(metric: Metric) -> None:
    organization, seen = Organization(id=1, name="Acme", privacy_floor=5), 0
    for seed in range(60):
        facts = invented(Random(seed))
        scope = Scope(organization, facts.group, facts.settled, 5)
        answers = Answers(scope, facts, lambda metric, task: metric.band)
        for by in metric.dimensions:
            answer = answers.answer(Question(metric=metric, shown=DAYS, before=None, by=by))
            total, rows = answer.total, [row.reading for row in answer.rows]
            assert sum(row.n for row in rows) == total.n
            seen += total.n
            if total.numerator is not None:
                assert sum(row.numerator or 0 for row in rows) == pytest.approx(total.numerator)
                assert sum(row.denominator or 0 for row in rows) == pytest.approx(total.denominator)
    assert seen, "nothing was counted, so nothing was tested"
