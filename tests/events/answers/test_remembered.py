"""What is remembered is what would be read: whatever changes, answers are those of a process that remembers nothing."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any

import pytest
from django.db import connection

from codecard.lib.periods import Days
from codecard.lib.tenant import tenant
from events.actions.corrections import correct_session
from events.actions.own_data import forget_session
from events.answers import Answer, Answers, Question, scope_of
from events.answers.weeks import MEMORY
from events.ledger.rebuild import days_to_rebuild, rebuild
from events.metrics import all_metrics
from events.metrics._usage import USAGE
from events.models import Escape, Latency, PullRequest, PullTests, Repository, Session, SessionLink
from events.queries import stamps
from events.queries.facts import WINDOWS
from events.queries.own_sessions import UNKNOWN
from events.queries.people import groups_of
from events.schema import Edit, Event, Response, Suggestion, TaskType, TestRun
from teams import actions
from teams.models import Contributor, Organization, Team, User
from tests.events.dashboards._judged import login_of, make_judged_pull
from tests.events.dashboards._work import NOW, monday, store
from tests.pull_requests import make_repository

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]
SHOWN, BEFORE = Days(monday(2), monday(0)), Days(monday(4), monday(2))
DAY = timedelta(days=1)
_numbers = count(1)


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    forget()
    yield
    forget()


def forget() -> None:
    MEMORY.clear()
    WINDOWS.clear()


def told(organization: Organization, team: Team | None) -> list[object]:
    """All that is asked for anywhere: totals, weeks, parts, filters, usage."""
    with tenant(organization.id):
        groups = groups_of(organization.id)
        group = next((one for one in groups if team and one.id == team.id), None)
        scope = scope_of(organization, groups, group, None)
        facts = scope.facts([SHOWN, BEFORE, Days(monday(0), monday(-1))], NOW, has_usage=True)
        answers = Answers(scope, facts, lambda metric, task: metric.band)
        found: list[object] = []
        for metric in all_metrics():
            found += [answers.weeks(metric, SHOWN, {}), _ask(answers, metric=metric)]
            for by in metric.dimensions:
                rows = _ask(answers, metric=metric, by=by)
                found += [rows, *(_ask(answers, metric=metric, filters={by: row.key}) for row in rows.rows[:2])]
        for usage in USAGE:
            weeks = [week.start_on for week in SHOWN.weeks()]
            found += [answers.told(usage).by_part(weeks, {}, place) for place in range(len(usage.dimensions))]
        return found


def _ask(answers: Answers, **asked: Any) -> Answer:
    return answers.answer(Question(shown=SHOWN, before=BEFORE, **asked))


class World:
    """An organization in which things happen."""

    def __init__(
        self, random: Random, acme: Organization, teams: list[Team], crew: list[Contributor], by: User
    ) -> None:
        self.random, self.acme, self.teams, self.crew, self.by = random, acme, teams, crew, by
        self.forgotten = 0
        the_floor_changes(self)
        with tenant(acme.id):
            self.repository = make_repository(acme, "acme/shop")

    def happens(self) -> str:
        one = self.random.choice(EVENTS)
        with tenant(self.acme.id):
            one(self)
        return one.__name__

    def week(self) -> date:
        return monday(self.random.randrange(5))

    def person(self) -> Contributor:
        return self.random.choice(self.crew)

    def pull(self) -> PullRequest | None:
        pulls = list(PullRequest.objects.filter(organization=self.acme).order_by("id"))
        return self.random.choice(pulls) if pulls else None

    def session(self) -> Session | None:
        sessions = list(Session.objects.filter(organization=self.acme, is_instance=False).order_by("id"))
        return self.random.choice(sessions) if sessions else None


def somebody_works(world: World) -> None:
    random, person = world.random, world.person()
    at = datetime.combine(world.week(), time(random.randrange(8, 18)), UTC) + timedelta(days=random.randrange(3))
    if at > NOW:
        at = NOW - timedelta(hours=1)
    common: dict[str, Any] = {
        "at": at, "tool": random.choice(["claude-code", "codex"]),
        "session": f"s{random.randrange(20)}-{world.forgotten}",
        "model": random.choice(["claude-sonnet-4-5", "gpt-5-codex"]), "language": random.choice(["Python", "Go"]),
        "path_class": random.choice(["test", "view"]), "repository": random.choice([None, "github.com/acme/shop"]),
    }  # fmt: skip
    number = next(_numbers)
    events: list[Event] = [
        Suggestion(id=f"a{number}", outcome="accepted", decided_by="person", count=random.randrange(1, 9), **common),
        Suggestion(id=f"r{number}", outcome="rejected", decided_by="person", count=random.randrange(1, 9), **common),
        Response(id=f"t{number}", input_tokens=random.randrange(1, 999), cost_usd=0.25, **common),
        Edit(id=f"e{number}", horizon="commit", distance=random.random(), lines=random.randrange(1, 50), **common),
        TestRun(id=f"x{number}", runner="pytest", outcome=random.choice(["passed", "failed"]), **common),
    ]
    store(world.acme, person, *random.sample(events, random.randrange(1, 6)))


def somebody_forgets_a_session(world: World) -> None:
    if (session := world.session()) and (person := _whose(world, session)):
        world.forgotten += 1  # what is forgotten is refused from then on
        forget_session(organization=world.acme, contributor=person, session=session.id, by=world.by, now=NOW)


def somebody_corrects_a_session(world: World) -> None:
    if (session := world.session()) and (person := _whose(world, session)):
        correct_session(
            organization=world.acme, contributor=person, session=session.id, by=world.by, now=NOW,
            repository=world.random.choice([UNKNOWN, None]), task=world.random.choice([TaskType.MIGRATION, None]),
        )  # fmt: skip


def _whose(world: World, session: Session) -> Contributor | None:
    return next((one for one in world.crew if one.id == session.contributor_id), None)


def somebody_changes_teams(world: World) -> None:
    person, team = world.person(), world.random.choice(world.teams)
    if world.random.random() < 0.5:
        actions.join_team(team=team, contributor=person, by=None, now=NOW)
    else:
        actions.leave_team(team=team, contributor=person, by=None, now=NOW)


def the_floor_changes(world: World) -> None:
    world.acme.privacy_floor = world.random.choice([3, 4, 5])
    world.acme.save(update_fields=["privacy_floor"])


def sums_are_made_anew(world: World) -> None:
    list(rebuild(world.acme.id, days_to_rebuild(world.acme.id)))


def a_pull_request_is_merged(world: World) -> None:
    at = min(NOW - timedelta(hours=1), datetime.combine(world.week(), time(12), UTC))
    minutes = world.random.randrange(5, 900)
    make_judged_pull(world.repository, world.person(), at, minutes, task_type=world.random.choice(["test", "docs"]))


def it_is_judged_again(world: World) -> None:
    if pull := world.pull():
        Latency.objects.filter(pull_request=pull).update(seconds=world.random.randrange(60, 9999))
        Escape.objects.filter(pull_request=pull).update(defects=world.random.randrange(3), state="confirmed")


def its_tests_are_known(world: World) -> None:
    if (pull := world.pull()) and not PullTests.objects.filter(pull_request=pull).exists():
        state = world.random.choice(["passed", "failed"])
        PullTests.objects.create(organization=world.acme, pull_request=pull, state=state)


def a_session_is_linked(world: World) -> None:
    if (pull := world.pull()) and (session := world.session()):
        sums = {"input_tokens": world.random.randrange(1, 9999), "lines_added": 5}
        SessionLink.objects.update_or_create(
            organization=world.acme, pull_request=pull, session=session,
            defaults={"method": 1, "confidence": "exact", "share": 1, "sums": sums},
        )  # fmt: skip


def somebody_else_opened_it(world: World) -> None:
    if pull := world.pull():
        PullRequest.objects.filter(id=pull.id).update(author=login_of(world.acme, world.person()))


def a_pull_request_goes(world: World) -> None:
    if pull := world.pull():
        PullRequest.objects.filter(id=pull.id).delete()


def the_repository_is_called_otherwise(world: World) -> None:
    other = make_repository(world.acme, f"acme/shop-{next(_numbers)}")
    dimension, other.dimension_id = other.dimension_id, 0
    Repository.objects.filter(id=other.id).delete()
    Repository.objects.filter(id=world.repository.id).update(dimension_id=dimension)


EVENTS: list[Callable[[World], None]] = [
    somebody_works, somebody_works, somebody_works, somebody_forgets_a_session, somebody_corrects_a_session,
    somebody_changes_teams, the_floor_changes, sums_are_made_anew, a_pull_request_is_merged, a_pull_request_is_merged,
    it_is_judged_again, its_tests_are_known, a_session_is_linked, somebody_else_opened_it, a_pull_request_goes,
    the_repository_is_called_otherwise,
]  # fmt: skip


def stale(world: World, steps: int) -> str:
    """What happened before an answer from memory differed from one that was read; "" where none did."""
    for step in range(steps):
        what = world.happens()
        for team in (*world.teams, None):
            remembered = told(world.acme, team)
            again = told(world.acme, team)
            forget()
            read = told(world.acme, team)
            if not remembered == again == read:
                return f"{step}: {what}"
    return ""


@pytest.fixture
def world(acme: Organization, ledger: Team, crew: list[Contributor], alice: User) -> World:
    other = actions.create_team(organization=acme, name="Other", slug="other", by=None, now=NOW)
    return World(Random(1), acme, [ledger, other], crew, alice)


@pytest.mark.parametrize("seed", [1, 2])
def test_answers_from_memory_are_those_that_would_be_read(world: World, seed: int) -> None:
    world.random = Random(seed)
    for _ in range(25):
        with tenant(world.acme.id):
            somebody_works(world)
    assert stale(world, 20) == ""


def test_a_stamp_that_sees_no_change_is_caught(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("events.queries.facts.pulls_stamp", lambda *_: "always the same")
    with tenant(world.acme.id):
        for _ in range(20):
            a_pull_request_is_merged(world)
    told(world.acme, None)
    with tenant(world.acme.id):
        for _ in range(20):
            it_is_judged_again(world)
    remembered = told(world.acme, None)
    forget()
    assert remembered != told(world.acme, None)


@pytest.mark.parametrize("source", sorted(stamps.STAMPED))
def test_so_is_one_of_the_sums(world: World, source: stamps.Source, monkeypatch: pytest.MonkeyPatch) -> None:
    blind = dict.fromkeys((monday(number) for number in range(-1, 6)), (1, 1))
    real = stamps.stamps_of

    def stamps_of(organization_id: int, people: Any, stretches: Any, sources: Any) -> Any:
        found = real(organization_id, people, stretches, sources)
        return {one: blind if one == source else told for one, told in found.items()}

    monkeypatch.setattr("events.queries.facts.stamps_of", stamps_of)
    for _ in range(60):
        with tenant(world.acme.id):
            somebody_works(world)
    told(world.acme, None)
    for _ in range(20):
        with tenant(world.acme.id):
            somebody_works(world)
    remembered = told(world.acme, None)
    forget()
    assert remembered != told(world.acme, None)


def test_nothing_is_read_by_dimension_while_nothing_changes(world: World) -> None:
    for _ in range(25):
        with tenant(world.acme.id):
            somebody_works(world)
            a_pull_request_is_merged(world)
    told(world.acme, None)
    asked: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        told(world.acme, None)
        assert not [
            sql for sql in asked if "events_detail_day" in sql or ("JOIN events_edit_day" in sql and "bucket" in sql)
        ]
        assert not [sql for sql in asked if "p.ai_models" in sql]
        asked.clear()
        with tenant(world.acme.id):
            store(
                world.acme, world.crew[0],
                Suggestion(id="new", at=NOW - DAY, tool="codex", outcome="accepted", decided_by="person"),
            )  # fmt: skip
        told(world.acme, None)
    assert [sql for sql in asked if "JOIN events_detail_day" in sql]


def test_an_organization_is_told_nothing_that_another_one_remembers(
    world: World, globex: Organization, crew: list[Contributor]
) -> None:
    for _ in range(10):
        with tenant(world.acme.id):
            somebody_works(world)
    told(world.acme, None)
    remembered = told(globex, None)
    forget()
    assert remembered == told(globex, None)
