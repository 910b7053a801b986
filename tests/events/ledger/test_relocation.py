"""Names move between people, and everything that came by them follows: at once or in steps, there and back."""

import random
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from codecard.lib.tenant import tenant
from events.ledger import record, relocation
from events.ledger.rebuild import days_to_rebuild, rebuild
from events.ledger.relocation import relocate_step
from events.models import ClientCommit, Event, Relocation, Session
from events.schema import Commit, Edit, Prompt, Response, Suggestion, TestRun
from events.schema import Event as AnyEvent
from events.sources.otlp_copilot import METRICS, SPANS
from teams import actions
from teams.models import Contributor, Identity, IdentityMove, Organization
from tests import factories
from tests.events.ledger.books import NOW, access, books, parsed, store, total

pytestmark = pytest.mark.django_db
NAMES = [f"{name}@acme.test" for name in ("mara", "lee", "kim", "ola")]
MARA, LEE, KIM, OLA = NAMES


@pytest.fixture
def _in_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is done at once, and a step moves next to nothing."""
    monkeypatch.setattr(relocation, "AT_ONCE", -1)
    monkeypatch.setattr(relocation, "SESSIONS", 1)
    monkeypatch.setattr(relocation, "_UNTIL", relocation._UNTIL.replace(f"OFFSET {relocation.FACTS}", "OFFSET 2"))


small_steps = pytest.mark.usefixtures("_in_small_steps")


def prompt(key: str, who: str, hours: int = 1, **fields: Any) -> Prompt:
    common = {"at": NOW - timedelta(hours=hours), "tool": "claude-code", "session": f"of {who}", "email": who}
    return Prompt(id=key, **{**common, **fields})


def span(number: int, who: str) -> Response:
    at = NOW - timedelta(minutes=number)
    return Response(id=f"span{number}", at=at, tool="copilot", session=f"c {number % 3}", email=who, input_tokens=5)


def metric(number: int, who: str) -> Response:
    at = NOW - timedelta(minutes=number)
    return Response(id=f"metric{number}", at=at, tool="copilot", email=who, input_tokens=7, requests=0)


_WORKED = (
    partial(Edit, horizon="minutes", distance=0.1),
    partial(Suggestion, outcome="accepted", decided_by="rule"),
    partial(TestRun, runner="pytest", outcome="passed"),
)


def tell(organization: Organization, *told: AnyEvent) -> None:
    who = access(organization)
    for event in told:
        if event.id.startswith(("span", "metric")):
            store(who, event, channel=SPANS if event.session else METRICS, scope="process")
        else:
            store(who, event)


def person(organization: Organization, value: str) -> Contributor:
    with tenant(organization.pk):
        return factories.person_by(organization, value)


def merge(organization: Organization, loser: str = LEE, winner: str = MARA) -> IdentityMove:
    one, other = person(organization, loser), person(organization, winner)
    return actions.merge_contributors(organization=organization, loser=one, winner=other, by=None, now=NOW)


def split(organization: Organization, *values: str) -> IdentityMove:
    with tenant(organization.pk):
        chosen = list(Identity.objects.filter(organization=organization, value__in=values))
        giver = Contributor.objects.get(id=chosen[0].contributor_id)
    return actions.split_identities(
        organization=organization, contributor=giver, identities=chosen, name=values[0], by=None, now=NOW
    )


def undo(organization: Organization, move: IdentityMove) -> None:
    actions.undo_move(organization=organization, move=move, by=None, now=NOW)


def finish(organization: Organization) -> None:
    while relocate_step(organization.pk):
        pass


def rebuilt(organization: Organization) -> dict[str, list[tuple[Any, ...]]]:
    list(rebuild(organization.pk, days_to_rebuild(organization.pk)))
    return books(organization)


def working_day(who: str, seed: int) -> Iterator[AnyEvent]:
    draw = random.Random(f"{who}{seed}")
    for number in range(12):
        yield prompt(f"{who}:{number}", who, hours=draw.randrange(90), session=f"{who} {number % 4}")
    for number in range(5):
        common: dict[str, Any] = {"at": NOW - timedelta(hours=draw.randrange(90)), "tool": "claude-code", "email": who}
        yield draw.choice(_WORKED)(id=f"{who}:w{number}", session=f"{who} {number % 2}", **common)
    for number in draw.sample(range(NAMES.index(who), 400, 4), 8):
        yield draw.choice([span, metric])(number, who)


# --- there and back --------------------------------------------------------------------------------------------------


def test_undoing_a_merge_gives_the_same_tables(acme: Organization) -> None:
    body = parsed(*(event for event in working_day(MARA, 1)), *working_day(LEE, 1))
    body.commits = [Commit(sha=name, at=NOW, tool="claude-code", email=name) for name in (MARA, LEE)]
    record(body, access(acme), now=NOW, source="test")
    before = books(acme)
    undo(acme, merge(acme))
    assert books(acme) == before
    assert rebuilt(acme) == before


def test_a_split_takes_along_what_came_by_the_name(acme: Organization, globex: Organization) -> None:
    told = [*working_day(MARA, 2), *working_day(LEE, 2), *working_day(KIM, 2)]
    tell(globex, *told)
    tell(acme, *told[::2])
    merge(acme)
    merge(acme, KIM)
    tell(acme, *told)
    split(acme, LEE)
    assert books(acme)["detail"] != books(globex)["detail"]
    split(acme, KIM)
    assert books(acme) == books(globex)
    assert rebuilt(acme) == books(globex)


@pytest.mark.parametrize("better", [MARA, LEE])
def test_a_process_of_two_people_is_judged_apart_again(acme: Organization, better: str) -> None:
    poorer = LEE if better == MARA else MARA
    tell(acme, metric(50, poorer), metric(2, poorer), span(20, better), metric(18, better), span(1, better))
    before = books(acme)
    assert total(acme, "input_tokens") == 2 * 7 + 2 * 5
    merge(acme)
    assert total(acme, "input_tokens") == 2 * 5
    split(acme, LEE)
    assert total(acme, "input_tokens") == 2 * 7 + 2 * 5
    assert books(acme) == before
    assert rebuilt(acme) == before


def test_what_comes_after_a_split_is_the_new_person_s(acme: Organization) -> None:
    tell(acme, prompt("a", MARA), prompt("b", LEE))
    merge(acme)
    taker = split(acme, LEE).taker_id
    tell(acme, prompt("c", LEE, hours=3))
    with tenant(acme.pk):
        assert Event.objects.filter(contributor_id=taker).count() == 2
        assert Session.objects.get(contributor_id=taker).prompts == 2


def test_a_personal_key_does_not_undo_a_split(acme: Organization) -> None:
    with tenant(acme.pk):
        bob = factories.make_contributor(acme, "Bob")
    own = access(acme, contributor=bob)

    def told(key: str) -> Prompt:
        return prompt(key, "", email=None, user="device-1", session=None)

    store(own, told("a"), prompt("b", "", email=None, session=None))
    taker = split(acme, "claude-code:device-1").taker_id
    store(own, told("c"))
    store(access(acme), told("d"))
    with tenant(acme.pk):
        assert Event.objects.filter(contributor_id=taker).count() == 3
        assert Event.objects.filter(contributor_id=bob.pk).count() == 1


def test_a_key_goes_with_its_name(acme: Organization) -> None:
    with tenant(acme.pk):
        bob = factories.make_contributor(acme, "Bob")
    first, second = access(acme, contributor=bob), access(acme, contributor=bob)
    for who, key in ((first, "a"), (second, "b")):
        store(who, prompt(key, "", email=None, session=None))
    taker = split(acme, str(second.key_id)).taker_id
    store(second, prompt("c", "", email=None, session=None))
    with tenant(acme.pk):
        assert Event.objects.filter(contributor_id=taker).count() == 2
        assert Event.objects.filter(contributor_id=bob.pk).count() == 1


def test_what_is_older_than_the_kept_events_stays_with_who_it_was_summed_for(acme: Organization) -> None:
    tell(acme, prompt("a", MARA), prompt("b", LEE))
    move = merge(acme)
    with tenant(acme.pk):
        Event.objects.filter(organization_id=acme.pk).delete()
    undo(acme, move)
    assert total(acme, "prompts") == 2
    assert [row[1] for row in books(acme)["contributor"]] == [f"email:{MARA}"]


# --- in steps --------------------------------------------------------------------------------------------------------


@small_steps
def test_after_each_step_sums_and_facts_agree(acme: Organization, globex: Organization) -> None:
    told = [*working_day(MARA, 3), *working_day(LEE, 3)]
    tell(globex, *told)
    tell(acme, *told[5:])
    merge(acme)
    merge(globex)
    finish(globex)
    steps = 0
    while relocate_step(acme.pk):
        steps += 1
        found = books(acme)
        assert rebuilt(acme) == found
        tell(acme, told[steps % 5])
    assert steps > 5
    tell(acme, *told)
    assert books(acme) == books(globex)


@small_steps
def test_later_moves_wait_for_earlier_ones(acme: Organization) -> None:
    """Lee's facts are still on their way to Mara when Lee turns out to be somebody else after all."""
    tell(acme, *working_day(MARA, 4), *working_day(LEE, 4))
    before = books(acme)
    move = merge(acme)
    relocate_step(acme.pk)
    relocate_step(acme.pk)
    undo(acme, move)
    with tenant(acme.pk):
        assert Relocation.objects.filter(finished_at=None).count() == 2
    finish(acme)
    assert books(acme) == before


@small_steps
def test_progress_grows_to_the_end(acme: Organization) -> None:
    tell(acme, *working_day(MARA, 5), *working_day(LEE, 5))
    merge(acme)
    seen = []
    while relocate_step(acme.pk):
        with tenant(acme.pk):
            seen.append(Relocation.objects.get().percent)
    assert seen == sorted(seen)
    assert (seen[0] < 50, seen[-1]) == (True, 100)


@small_steps
def test_a_merge_without_facts_is_finished_too(acme: Organization) -> None:
    with tenant(acme.pk):
        people = [factories.make_contributor(acme), factories.make_contributor(acme)]
    actions.merge_contributors(organization=acme, loser=people[0], winner=people[1], by=None, now=NOW)
    finish(acme)
    with tenant(acme.pk):
        assert Relocation.objects.get().finished_at is not None


# --- anything, in any order ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(4, 24))])
@pytest.mark.parametrize("is_slow", [False, True], ids=["at once", "in steps"])
def test_any_moves_end_as_if_it_had_been_known_from_the_beginning(
    acme: Organization, globex: Organization, seed: int, is_slow: bool, request: pytest.FixtureRequest
) -> None:
    if is_slow:
        request.getfixturevalue("_in_small_steps")
    draw = random.Random(seed)
    told = [event for name in NAMES for event in working_day(name, seed)]
    tell(acme, *(prompt(f"first of {name}", name) for name in NAMES))
    done: list[IdentityMove] = []
    for _ in range(9):
        tell(acme, *draw.sample(told, len(told) // 5))
        _move_somehow(draw, acme, done)
        for _ in range(draw.randrange(4)):
            relocate_step(acme.pk)
    finish(acme)
    tell(acme, *told)
    _make_people_like(globex, acme)
    tell(globex, *(prompt(f"first of {name}", name) for name in NAMES), *told)
    assert books(acme) == books(globex)
    assert rebuilt(acme) == books(globex)


def _move_somehow(draw: random.Random, organization: Organization, done: list[IdentityMove]) -> None:
    one, other = draw.sample(NAMES, 2)
    try:
        match draw.randrange(4):
            case 0 | 1:
                done.append(merge(organization, one, other))
            case 2:
                done.append(split(organization, one))
            case _ if done:
                undo(organization, done.pop())
    except (actions.MergeRefusedError, actions.SplitRefusedError, actions.UndoRefusedError):
        return


def _make_people_like(organization: Organization, model: Organization) -> None:
    groups: dict[int, list[str]] = {}
    for name in NAMES:
        groups.setdefault(person(model, name).pk, []).append(name)
    for names in groups.values():
        with tenant(organization.pk):
            made = factories.make_contributor(organization)
            for name in names:
                Identity.objects.create(organization=organization, contributor=made, kind="email", value=name)


def test_every_fact_belongs_to_whom_its_name_belongs_to(acme: Organization) -> None:
    body = parsed(*working_day(MARA, 6), *working_day(LEE, 6))
    body.commits = [Commit(sha="a" * 40, at=NOW, tool="claude-code", email=LEE)]
    record(body, access(acme), now=NOW, source="test")
    merge(acme)
    split(acme, LEE)
    with tenant(acme.pk), connection.cursor() as cursor:
        for model in (Event, Session, ClientCommit):
            cursor.execute(
                f"SELECT count(*) FROM {model._meta.db_table} t JOIN teams_identity i ON i.id = t.identity_id"
                " WHERE i.contributor_id <> t.contributor_id"
            )
            assert cursor.fetchone() == (0,)
            assert model._default_manager.exists()
            assert not model._default_manager.filter(identity_id=0).exists()
