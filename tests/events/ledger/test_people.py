"""Two people turn out to be one: everything of the one becomes the other's, and the sums stay true."""

from datetime import timedelta
from typing import Any

import pytest

from codecard.lib.tenant import tenant
from events.ledger import record
from events.ledger.rebuild import days_to_rebuild, rebuild
from events.models import ClientCommit, ContributorDay, DetailDay, Event, Session
from events.schema import Commit, Prompt, Response
from events.sources.otlp_copilot import METRICS, SPANS
from teams import actions
from teams.models import Organization
from tests import factories
from tests.events.ledger.books import NOW, access, books, parsed, store, total

pytestmark = pytest.mark.django_db
MARA, LEE = "mara@acme.test", "lee@acme.test"


def prompt(key: str, who: str, hours: int = 1, **fields: Any) -> Prompt:
    common = {"at": NOW - timedelta(hours=hours), "tool": "claude-code", "session": f"of {who}", "email": who}
    return Prompt(id=key, **{**common, **fields})


def merge(organization: Organization, loser: str = LEE, winner: str = MARA) -> None:
    with tenant(organization.pk):
        people = {
            name: factories.person_by(organization, value) for name, value in (("loser", loser), ("winner", winner))
        }
    actions.merge_contributors(organization=organization, by=None, now=NOW, **people)


def rebuilt(organization: Organization) -> dict[str, list[tuple[Any, ...]]]:
    list(rebuild(organization.pk, days_to_rebuild(organization.pk)))
    return books(organization)


def test_every_row_of_the_loser_moves(acme: Organization) -> None:
    who = access(acme)
    body = parsed(prompt("a", MARA), prompt("b", LEE), prompt("c", LEE, hours=30))
    body.commits = [Commit(sha=name, at=NOW, tool="claude-code", email=name) for name in (MARA, LEE)]
    record(body, who, now=NOW, source="test")
    with tenant(acme.pk):
        loser, winner = (factories.person_by(acme, value) for value in (LEE, MARA))
    merge(acme)
    with tenant(acme.pk):
        for model, rows in ((Event, 3), (Session, 2), (ClientCommit, 2), (DetailDay, 2), (ContributorDay, 2)):
            assert model.objects.filter(contributor_id=winner.pk).count() == rows, model
            assert not model.objects.filter(contributor_id=loser.pk).exists(), model


def test_days_that_both_worked_on_are_added_up(acme: Organization) -> None:
    store(access(acme), prompt("a", MARA), prompt("b", LEE), prompt("c", LEE, repository="github.com/a/b"))
    merge(acme)
    found = books(acme)
    assert len(found["contributor"]) == 1
    assert len(found["detail"]) == 2
    assert total(acme, "prompts") == 3
    assert rebuilt(acme) == found


def test_the_organizations_own_sums_and_other_people_do_not_change(acme: Organization, globex: Organization) -> None:
    store(access(acme), prompt("a", MARA), prompt("b", LEE), prompt("c", "third@acme.test"))
    store(access(globex), prompt("a", MARA), prompt("b", LEE))
    before, others = books(acme), books(globex)
    merge(acme)
    found = books(acme)
    assert found["organization"] == before["organization"]
    for name in ("events", "sessions", "detail", "contributor"):
        assert _of("third@acme.test", found[name]) == _of("third@acme.test", before[name]) != []
    assert books(globex) == others


def _of(person: str, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [row for row in rows if f"email:{person}" in row]


@pytest.mark.parametrize("first", [1, 2, 3])
def test_it_does_not_matter_when_the_merge_came(acme: Organization, globex: Organization, first: int) -> None:
    facts = [prompt(str(number), (MARA, LEE)[number % 2], hours=number, session="shared") for number in range(5)]
    for organization, told in ((acme, facts), (globex, facts[::-1])):
        who = access(organization)
        store(who, *told[: first + 1])
        merge(organization)
        store(who, *told)
    assert books(acme) == books(globex) == rebuilt(acme)


def test_what_is_older_than_the_kept_events_moves_as_well(acme: Organization) -> None:
    store(access(acme), prompt("a", MARA), prompt("b", LEE))
    with tenant(acme.pk):
        Event.objects.filter(organization_id=acme.pk).delete()
    merge(acme)
    assert total(acme, "prompts") == 2
    assert len(books(acme)["contributor"]) == 1


# --- exporters' processes, in which channels are compared where they know no session ---------------------------------


def span(number: int, who: str, **fields: Any) -> Response:
    at = NOW - timedelta(minutes=number)
    return Response(id=f"span{number}", at=at, tool="copilot", session="s", email=who, input_tokens=5, **fields)


def metric(number: int, who: str) -> Response:
    at = NOW - timedelta(minutes=number)
    return Response(id=f"metric{number}", at=at, tool="copilot", email=who, input_tokens=7, requests=0)


def tell(organization: Organization, *told: Response) -> None:
    who = access(organization)
    for event in told:
        store(who, event, channel=SPANS if event.session else METRICS, scope="process")


def test_a_process_goes_on_as_the_winners(acme: Organization) -> None:
    """The better channel speaks only after the merge, and still supersedes what was told before it."""
    store(access(acme), prompt("known", MARA))
    tell(acme, metric(60, LEE))
    merge(acme)
    tell(acme, span(10, LEE), metric(5, MARA))
    assert total(acme, "input_tokens") == 5
    assert rebuilt(acme) == books(acme)


@pytest.mark.parametrize("better", [MARA, LEE])
def test_one_process_known_by_two_names_becomes_one(acme: Organization, globex: Organization, better: str) -> None:
    poorer = LEE if better == MARA else MARA
    told = [metric(50, poorer), metric(2, poorer), span(20, better), span(1, better)]
    tell(acme, *told)
    assert total(acme, "input_tokens") == 2 * 7 + 2 * 5
    merge(acme)
    assert total(acme, "input_tokens") == 2 * 5
    found = books(acme)
    assert [row[1] for row in found["sessions"]] == ["instance:process", "s"]
    assert rebuilt(acme) == found
    # As if it had been known from the beginning.
    store(access(globex), prompt("x", MARA), prompt("y", LEE))
    merge(globex)
    tell(globex, *told)
    store(access(acme), prompt("x", MARA), prompt("y", LEE))
    assert books(acme) == books(globex)


def test_processes_of_the_same_name_of_different_people_stay_apart(acme: Organization) -> None:
    tell(acme, metric(50, LEE), span(20, MARA), metric(40, "third@acme.test"))
    merge(acme)
    assert total(acme, "input_tokens") == 5 + 7


def test_what_comes_late_for_a_process_known_by_two_names_is_judged_by_both(acme: Organization) -> None:
    tell(acme, metric(50, LEE), span(20, MARA))
    merge(acme)
    tell(acme, metric(55, LEE), metric(3, MARA), metric(50, LEE))
    assert total(acme, "input_tokens") == 5
    assert rebuilt(acme) == books(acme)
