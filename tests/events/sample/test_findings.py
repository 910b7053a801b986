"""What the sample's dashboards say at first: what was planted, and nothing else."""

from datetime import UTC, date, datetime, timedelta

import pytest

from codecard.lib.periods import Days
from events.answers import Answers, Question, scope_of
from events.answers.findings import critical_cells, findings
from events.dashboards.rulers import headline_metrics
from events.queries.facts import Given, joined
from events.queries.people import Group
from events.sample.state import PEOPLE, SEED, WEEKS
from events.simulation import Simulation
from events.simulation.trends import CRITICAL_REPOSITORY
from events.task_types import TaskType
from teams.models import Organization
from tests.events.sample._meant import Meant

pytestmark = pytest.mark.django_db
UNTIL = date(2026, 6, 1)
"""A Monday; the story is the same on whatever day it is told."""
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
WEEK = timedelta(weeks=1)
SHOWN, BEFORE = Days(UNTIL - 4 * WEEK, UNTIL), Days(UNTIL - 8 * WEEK, UNTIL - 4 * WEEK)
QUARTER = Days(UNTIL - 13 * WEEK, UNTIL)


@pytest.fixture(scope="module")
def meant() -> Meant:
    return Meant(Simulation(SEED, PEOPLE, WEEKS, UNTIL))


def _answers(meant: Meant, acme: Organization, group: Group) -> Answers:
    scope = scope_of(acme, meant.groups, group, None, is_small_team=False)
    days = joined([QUARTER, BEFORE])
    facts = meant.fill(Given(acme.id, acme.time_zone, scope.group, scope.settled, days, NOW))
    return Answers(scope, facts, lambda metric, task: metric.band)


def test_dashboards_say_what_was_planted_and_nothing_else(meant: Meant, acme: Organization) -> None:
    """Checkout, and Storefront which it is a part of, accept less since four weeks; Platform accepts more; and
    migrations of one repository mostly fail their first tests."""
    said, critical = {}, {}
    for group in meant.groups:
        answers = _answers(meant, acme, group)
        asked = [answers.answer(Question(metric=one, shown=SHOWN, before=BEFORE)) for one in headline_metrics()]
        said[group.slug] = [f"{one.kind} {one.title}" for one in findings(asked)]
        work = [metric for metric in headline_metrics() if metric.is_work]
        critical[group.slug] = [
            (one.metric.slug, one.task, one.repository, one.reading.n >= one.metric.minimum)
            for one in critical_cells(answers, work, QUARTER)
        ]
    assert said == {
        "checkout": ["changed Acceptance rate fell to 35.6%"],
        "storefront": ["changed Acceptance rate fell to 41.4%"],
        "platform": ["back_in_range Acceptance rate is back in its healthy range"],
        "data": [],
    }
    planted = [("first-run-pass-rate", TaskType.MIGRATION, f"quillmere/{CRITICAL_REPOSITORY}", True)]
    assert critical == {"checkout": planted, "storefront": planted, "platform": [], "data": []}
