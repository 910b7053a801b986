"""Answers over real tables: what was stored is what is told, and the parts of it add up."""

from datetime import UTC, datetime, time, timedelta

import pytest

from codecard.lib.periods import Days
from codecard.lib.tenant import tenant
from events.answers import Answers, Question, scope_of
from events.metrics import all_metrics
from events.metrics._base import By, Metric
from events.queries.people import groups_of
from teams.models import Contributor, Organization, Team
from tests.events.dashboards._judged import make_judged_pull
from tests.events.dashboards._work import NOW, monday, work
from tests.pull_requests import make_repository

pytestmark = [pytest.mark.django_db(transaction=True)]
NOW_DAYS, BEFORE = Days(monday(4), monday(0)), Days(monday(8), monday(4))


def metric_of(slug: str) -> Metric:
    return next(metric for metric in all_metrics() if metric.slug == slug)


def answers_of(organization: Organization, team: Team | None = None) -> Answers:
    groups = groups_of(organization.id)
    group = next(one for one in groups if one.id == team.id) if team is not None else None
    scope = scope_of(organization, groups, group, None)
    return Answers(scope, scope.facts([NOW_DAYS, BEFORE], NOW), lambda metric, task: metric.band)


def test_acceptance_is_compared_with_the_period_before(
    acme: Organization, ledger: Team, crew: list[Contributor]
) -> None:
    for person in crew:
        work(acme, person, monday(1), accepted=30, rejected=20)
        work(acme, person, monday(5), accepted=10, rejected=40)
    with tenant(acme.id):
        metric = metric_of("acceptance-rate")
        answer = answers_of(acme, ledger).answer(Question(metric=metric, shown=NOW_DAYS, before=BEFORE, by=By.TOOL))
    total = answer.total
    assert (total.numerator, total.denominator, total.previous) == (180, 300, 0.2)
    assert total.is_real_change
    assert [(row.key, row.reading.numerator) for row in answer.rows] == [("claude-code", 180)]


def test_parts_of_too_few_people_are_told_together(acme: Organization, ledger: Team, crew: list[Contributor]) -> None:
    for person in crew:
        work(acme, person, monday(1), accepted=30, rejected=20)
    work(acme, crew[0], monday(1), accepted=7, tool="codex", model="gpt-5.1-codex")
    with tenant(acme.id):
        answers = answers_of(acme, ledger)
        answer = answers.answer(Question(metric=metric_of("acceptance-rate"), shown=NOW_DAYS, by=By.MODEL))
    assert [(row.key, row.reading.n) for row in answer.rows] == [("withheld", 307)]
    assert answer.total.n == 307


def test_a_team_under_the_floor_is_told_nothing(acme: Organization, ledger: Team, crew: list[Contributor]) -> None:
    for person in crew[:4]:
        work(acme, person, monday(1), accepted=30, rejected=20)
    with tenant(acme.id):
        answer = answers_of(acme, ledger).answer(Question(metric=metric_of("acceptance-rate"), shown=NOW_DAYS))
    assert answer.total.is_withheld
    assert answer.total.value is None
    assert answer.withheld_weeks == 1


def test_behaviour_is_told_by_one_thing_at_a_time() -> None:
    with pytest.raises(ValueError, match="one thing at a time"):
        Question(metric=metric_of("acceptance-rate"), shown=NOW_DAYS, by=By.TOOL, filters={By.TASK: "test"})


def test_what_is_not_known_of_a_metric_is_said() -> None:
    with pytest.raises(ValueError, match="not known by language"):
        Question(metric=metric_of("defect-escape-rate"), shown=NOW_DAYS, by=By.LANGUAGE)


def test_pull_requests_of_the_whole_organization(acme: Organization, ledger: Team, crew: list[Contributor]) -> None:
    del ledger
    with tenant(acme.id):
        repository = make_repository(acme)
        for number, person in enumerate(crew * 4):
            at = datetime.combine(monday(1), time(10), UTC) + timedelta(minutes=number)
            make_judged_pull(repository, person, at, minutes=5 + number, change_class="small_patch", task_type="test")
        answer = answers_of(acme).answer(
            Question(metric=metric_of("latency-small-patches"), shown=NOW_DAYS, by=By.REPOSITORY)
        )
    assert answer.total.n == 24
    assert answer.total.value == pytest.approx(16.5 * 60)
    assert [row.key for row in answer.rows] == [f"github.com/{repository.full_name}"]
