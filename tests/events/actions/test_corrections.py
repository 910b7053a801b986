"""A person corrects a session: the books are those of a tool that had told it rightly, and back again exactly."""

import random
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from codecard.lib.tenant import tenant
from events.actions.corrections import correct_session
from events.actions.own_data import OwnDataRefusedError
from events.ledger import record
from events.models import Chore, Dimension, DimensionKind, Event, Session, SessionLink
from events.queries.own_sessions import UNKNOWN, repositories_to_choose
from events.retention import apply_retention
from events.schema import Edit, Response, Suggestion, TaskType
from events.schema import Event as AnyEvent
from teams.key_cache import Access
from teams.models import AuditEntry, Organization, User
from tests import factories
from tests.events.actions.test_own_data import DAY, LEE, MARA, assert_sums_are_those_of_facts, person, worked
from tests.events.ledger.books import NOW, access, books, parsed_points, store
from tests.events.ledger.test_series import point
from tests.pull_requests import make_pull_request, make_repository

pytestmark = pytest.mark.django_db
RIGHT, WRONG = "github.com/acme/right", "github.com/acme/pay"


@pytest.fixture
def who(acme: Organization) -> Access:
    return access(acme)


def told_rightly(events: list[AnyEvent], repository: str | None, task: TaskType | None) -> list[AnyEvent]:
    """As a tool would have told it that knew. None: as it was told."""
    fields: dict[str, Any] = {} if repository is None else {"repository": repository or None}
    typed = {} if task is None else {"task_type": task}
    return [
        msgspec.structs.replace(one, **fields, **(typed if isinstance(one, Suggestion | Edit) else {}))
        for one in events
    ]


def number_of(organization: Organization, repository: str) -> int:
    with tenant(organization.id):
        named: dict[str, Any] = {"organization": organization, "kind": DimensionKind.REPOSITORY, "value": repository}
        return Dimension.objects.get_or_create(**named)[0].id


def corrected(
    organization: Organization, by: User, repository: str | None = None, task: TaskType | None = None, key: str = "s1"
) -> bool:
    """`repository` "": in none."""
    number = None if repository is None else number_of(organization, repository) if repository else UNKNOWN
    with tenant(organization.id):
        session = Session.objects.get(organization=organization, key=key)
    return correct_session(
        organization=organization, contributor=person(organization), session=session.id, repository=number, task=task,
        by=by, now=NOW,
    )  # fmt: skip


def as_told(organization: Organization) -> list[Any]:
    """Everything that a correction could leave behind."""
    with tenant(organization.id):
        facts = (
            Event.objects.filter(organization_id=organization.id).order_by("occurred_at", "id").values_list("detail")
        )
        sessions = Session.objects.filter(organization=organization).order_by("key")
        return [books(organization), list(facts), list(sessions.values_list("told_repository_id", "corrected_task"))]


def knows(who: Access) -> list[AnyEvent]:
    """Work in the right repository, which makes it one to choose."""
    events = worked(MARA, "other", NOW - 3 * DAY, repository=RIGHT) + worked(LEE, "lee", NOW - DAY)
    store(who, *events)
    return events


def test_the_books_are_those_of_a_tool_that_had_told_it_rightly(
    acme: Organization, globex: Organization, alice: User, who: Access
) -> None:
    mine = worked(MARA, "s1", NOW - DAY) + worked(
        MARA, "s1", NOW - timedelta(hours=2), repository=None, path_class=None
    )
    store(access(globex), *knows(who), *told_rightly(mine, RIGHT, TaskType.DOCS))
    store(who, *mine)
    before = as_told(acme)
    assert corrected(acme, alice, RIGHT, TaskType.DOCS)
    assert books(acme) == books(globex)
    assert_sums_are_those_of_facts(acme)
    assert not corrected(acme, alice, RIGHT, TaskType.DOCS)
    assert corrected(acme, alice)
    assert as_told(acme) == before
    assert_sums_are_those_of_facts(acme)


@pytest.mark.parametrize("seed", range(6))
def test_it_holds_for_what_arrives_later_and_is_taken_back_exactly(acme: Organization, alice: User, seed: int) -> None:
    """In random orders, corrections in between, running counters as well."""
    chance = random.Random(seed)
    parts = [
        worked(MARA, "s1", NOW - timedelta(hours=hours), **fields)
        for hours, fields in (
            (30, {}),
            (20, {"repository": None}),
            (9, {"repository": RIGHT}),
            (3, {"path_class": None}),
        )
    ]
    growth = [(minute, value) for minute, value in ((1, 10), (2, 5), (3, 30), (5, 41))]
    repository, task = chance.choice([RIGHT, "", None]), chance.choice([TaskType.MODEL, None])
    others = [factories.make_organization() for _ in range(2)]
    arriving: list[Any] = [*parts, *growth]
    chance.shuffle(arriving)
    at = chance.randrange(1, len(arriving))

    def arrive(organization: Organization, key: Access, what: Any, *, rightly: bool) -> None:
        if isinstance(what, list):
            store(key, *(told_rightly(what, repository, task) if rightly else what))
            return
        minute, value = what
        fields: dict[str, Any] = {"tool": "claude-code", "session": "s1", "email": MARA, "repository": WRONG}
        fact = Response(id="-", at=NOW - 2 * DAY + timedelta(minutes=minute), requests=0, **fields)
        if rightly:
            fact = told_rightly([fact], repository, task)[0]  # type: ignore[assignment]
        record(parsed_points(point(minute, value, event=fact)), key, now=NOW, source="test")

    mine, right, wrong = ((one, access(one)) for one in (acme, *others))
    for organization, key in (mine, right, wrong):
        knows(key)
        for place, what in enumerate(arriving):
            if organization is acme and place == at:
                with tenant(acme.id):
                    is_there = Session.objects.filter(organization=acme, key="s1").exists()
                if is_there:
                    corrected(acme, alice, repository, task)
            arrive(organization, key, what, rightly=organization is others[0])
    assert books(acme) == books(others[0])
    assert_sums_are_those_of_facts(acme)
    corrected(acme, alice)
    assert as_told(acme) == as_told(others[1])


def test_a_second_correction_takes_the_place_of_the_first(acme: Organization, alice: User, who: Access) -> None:
    knows(who)
    store(who, *worked(MARA, "s1", NOW - DAY))
    before = as_told(acme)
    corrected(acme, alice, "", TaskType.MODEL)
    first = books(acme)
    corrected(acme, alice, RIGHT)
    assert books(acme) != first
    corrected(acme, alice, "", TaskType.MODEL)
    assert books(acme) == first
    corrected(acme, alice)
    assert as_told(acme) == before


def test_links_are_found_again_and_the_audit_says_who(acme: Organization, alice: User, who: Access) -> None:
    knows(who)
    store(who, *worked(MARA, "s1", NOW - DAY))
    with tenant(acme.id):
        pull = make_pull_request(make_repository(acme), merged_at=NOW)
        session = Session.objects.get(organization=acme, key="s1")
        SessionLink.objects.create(organization=acme, pull_request=pull, session=session, method=1, confidence="exact")
        Chore.objects.filter(organization=acme).delete()
    corrected(acme, alice, RIGHT)
    with tenant(acme.id):
        chores = set(Chore.objects.filter(organization=acme).values_list("kind", "key"))
        entry = AuditEntry.objects.filter(organization=acme).latest("id")
    assert chores == {("session", session.id), ("pull", pull.id)}
    assert (entry.action, entry.actor) == ("own_data.session_corrected", alice)


def test_nobody_corrects_a_session_of_somebody_else(acme: Organization, alice: User, who: Access) -> None:
    store(who, *worked(MARA, "mine", NOW - DAY), *worked(LEE, "lee", NOW - DAY))
    before = as_told(acme)
    assert not corrected(acme, alice, "", key="lee")
    assert as_told(acme) == before


def test_repositories_are_those_of_the_organization_and_ones_own(
    acme: Organization, globex: Organization, alice: User, who: Access
) -> None:
    store(who, *worked(MARA, "s1", NOW - DAY), *worked(LEE, "lee", NOW - DAY, repository="github.com/lee/diary"))
    store(access(globex), *worked(MARA, "s1", NOW - DAY, repository="github.com/globex/secret"))
    with tenant(acme.id):
        make_repository(acme, "acme/connected")
    mara = person(acme)
    with tenant(acme.id):
        chosen = list(repositories_to_choose(acme.id, mara.id).values_list("value", flat=True))
    assert chosen == ["github.com/acme/connected", WRONG]
    before = as_told(acme)
    for foreign in (number_of(globex, "github.com/globex/secret"), number_of(acme, "github.com/lee/diary"), -1):
        with tenant(acme.id):
            session = Session.objects.get(organization=acme, key="s1")
        with pytest.raises(OwnDataRefusedError, match="no such repository"):
            correct_session(
                organization=acme,
                contributor=mara,
                session=session.id,
                repository=foreign,
                task=None,
                by=alice,
                now=NOW,
            )
    assert as_told(acme) == before


def test_what_facts_are_kept_of_no_longer_stays(acme: Organization, alice: User, who: Access) -> None:
    store(who, *worked(MARA, "s1", NOW - 60 * DAY))
    Organization.objects.filter(id=acme.id).update(retention_days=30)
    apply_retention(organization_id=acme.id, now=NOW)
    before = books(acme)
    with pytest.raises(OwnDataRefusedError, match="not kept any more"):
        corrected(acme, alice, "")
    assert books(acme) == before
