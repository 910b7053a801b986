"""The sample workspace: made, filled through the real ingest path, and removed without a trace."""

from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from codecard.lib.tenant import tenant
from events import sample
from events.queries import Breakdown, usage
from events.sample.creating import secret_of
from events.sample.sending import Answer, InProcess, OverHttp, Refused, send
from events.sample.state import state_of
from events.simulation import Body, Simulation, Totals
from teams.models import (
    AuditEntry,
    Contributor,
    Identity,
    Invitation,
    Key,
    Membership,
    Organization,
    Role,
    Team,
    TeamMembership,
    User,
)
from tests import factories
from tests.events.ledger.books import access, store
from tests.events.ledger.test_edits import edit

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner", "operator"])

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
LONG_AGO, FAR_AHEAD = date(2000, 1, 1), date(2100, 1, 1)


def make(people: int = 8, weeks: int = 2) -> Organization:
    return sample.create(now=NOW, seed=5, people=people, weeks=weeks)


def fill(organization: Organization, exchange: Any = None) -> int:
    """How many weeks were filled."""
    weeks = 1
    while sample.fill_next_week(organization_id=organization.id, exchange=exchange or InProcess()):
        weeks += 1
    return weeks


def simulation_of(organization: Organization) -> Simulation:
    state = state_of(organization)
    assert state is not None
    return state.simulation


def meant(organization: Organization) -> Totals:
    simulation, totals = simulation_of(organization), Totals()
    for week in range(simulation.weeks):
        of_week = simulation.meant(week)
        totals.tokens.update(of_week.tokens)
        totals.counts.update(of_week.counts)
        totals.cost_micros += of_week.cost_micros
    return totals


def used(organization: Organization) -> Totals:
    """What the usage API says, in the words of the simulator."""
    token = factories.make_token(organization).secret
    totals = Totals()
    headers = {"Authorization": f"Bearer {token}"}
    answer = Client().get("/api/v1/usage/?by=tool,model", headers=headers).json()
    for row in answer["rows"]:
        by = (row["tool"], row["model"])
        totals.tokens.update({(*by, kind): count for kind, count in row["tokens"].items()})
        totals.tokens[*by, "requests"] += row["requests"]
    for row in Client().get("/api/v1/usage/?by=tool", headers=headers).json()["rows"]:
        told = {**row["suggestions"], **{name: row[name] for name in COUNTED}}
        told.pop("auto_rejected")
        totals.counts.update({(row["tool"], name): count for name, count in told.items()})
    totals.cost_micros = round(answer["total"]["cost_given_usd"] * 1e6)
    return totals


COUNTED = ("prompts", "lines_added", "lines_removed", "commits", "pull_requests", "sessions")


def assert_as_meant(organization: Organization) -> None:
    expected, found = meant(organization), used(organization)
    assert +found.tokens == +expected.tokens
    assert +found.counts == +expected.counts
    assert found.cost_micros == expected.cost_micros > 0


# --- making ----------------------------------------------------------------------------------------------------------


def test_it_is_there_at_once_with_teams_people_and_roles() -> None:
    organization = make(people=36)
    assert organization.is_sample
    assert organization.slug == "sample"
    assert organization.name.startswith("Sample: ")
    with tenant(organization.id):
        nested = {team.slug: team.parent and team.parent.slug for team in Team.objects.select_related("parent")}
        assert nested == {"storefront": None, "checkout": "storefront", "platform": None, "data": "platform"}
        roles = list(Membership.objects.values_list("role", flat=True))
        assert {role: roles.count(role) for role in Role} == {
            "owner": 1, "admin": 1, "lead": 4, "developer": 29, "viewer": 1,
        }  # fmt: skip
        assert TeamMembership.objects.filter(is_lead=True).count() == 4
        assert Contributor.objects.filter(is_bot=True).count() == 2
        assert AuditEntry.objects.filter(action="sample.created").count() == 1
        assert sorted(Invitation.objects.values_list("email", "uses")) == [
            ("", 3), ("new.colleague@sample.invalid", 0), ("too.late@sample.invalid", 0),
        ]  # fmt: skip
        nobody_s = Contributor.objects.filter(user=None, is_bot=False).order_by("id")
        assert [(row.kind, row.contributor_id) for row in Identity.objects.filter(contributor__in=nobody_s)] == [
            (kind, row.id) for kind, row in zip(("github", "git_author", "email"), nobody_s, strict=True)
        ]
    people = User.objects.all()
    assert all(user.email.endswith("@sample.invalid") and not user.has_usable_password() for user in people)
    assert not people.filter(is_staff=True).exists()


def test_making_it_twice_makes_one() -> None:
    assert make() == make()
    assert Organization.objects.count() == 1


def test_another_organization_s_name_is_not_taken_from_it() -> None:
    theirs = factories.make_organization("sample")
    assert make().slug != theirs.slug


def test_secrets_are_derived_and_kept_nowhere() -> None:
    organization = make()
    first = secret_of(organization.id, "organization")
    assert first == secret_of(organization.id, "organization")
    assert first != secret_of(organization.id + 1, "organization")
    with tenant(organization.id):
        assert not Key.objects.filter(name__contains=first).exists()


# --- filling ---------------------------------------------------------------------------------------------------------


def test_what_arrives_is_what_was_meant_and_nothing_is_added_by_a_second_run() -> None:
    organization = make()
    assert fill(organization) == 2
    assert_as_meant(organization)
    for week in range(2):
        for body in simulation_of(organization).bodies(week):
            send(body, secret_of(organization.id, body.sender), InProcess())
    assert_as_meant(organization)


def test_the_newest_week_comes_first() -> None:
    organization = make()
    assert sample.fill_next_week(organization_id=organization.id, exchange=InProcess())
    newest = simulation_of(organization).days(0)[0]
    with tenant(organization.id):
        assert usage(organization.id, LONG_AGO, newest, [Breakdown.DAY]) == []
        assert usage(organization.id, newest, FAR_AHEAD, [Breakdown.DAY])
    organization.refresh_from_db()
    progress = sample.progress_of(organization)
    assert progress is not None
    assert (progress.done, progress.weeks, progress.percent, progress.is_complete) == (1, 2, 50, False)


class Killed(BaseException):
    """What no code expects."""


def killed_after(requests: int) -> Any:
    exchange, left = InProcess(), [requests]

    def answer(body: Body, secret: str) -> Answer:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return exchange(body, secret)

    return answer


def test_it_goes_on_where_it_was_killed() -> None:
    organization = make()
    with pytest.raises(Killed):
        fill(organization, killed_after(9))
    assert fill(organization) == 2
    assert_as_meant(organization)


def test_only_one_fills_at_a_time() -> None:
    organization = make()
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(7102, %s)", [organization.id])
        try:
            assert not sample.fill_next_week(organization_id=organization.id, exchange=killed_after(0))
        finally:
            cursor.execute("SELECT pg_advisory_unlock(7102, %s)", [organization.id])


def test_a_full_sample_is_left_alone() -> None:
    organization = make(weeks=1)
    fill(organization)
    assert not sample.fill_next_week(organization_id=organization.id, exchange=killed_after(0))


def test_people_are_told_apart_by_address_key_and_device() -> None:
    organization = make(people=36, weeks=1)
    fill(organization)
    with tenant(organization.id):
        strangers = Contributor.objects.filter(user=None, is_bot=False)
        names = set(strangers.values_list("identities__kind", flat=True))
        assert strangers.count() == 6
        assert names == {"email", "tool_user", "github", "git_author"}
        assert not Contributor.objects.filter(display_name__startswith="Key ").exists()


def test_it_is_sent_over_http_where_a_server_answers(live_server: LiveServer) -> None:
    organization = make(weeks=1)
    with closing(OverHttp(live_server.url)) as exchange:
        assert exchange.is_answering()
        fill(organization, exchange)
    assert_as_meant(organization)


def test_nobody_answering_is_noticed() -> None:
    assert not OverHttp("http://127.0.0.1:9").is_answering()


def test_a_refused_body_stops_the_filling() -> None:
    organization = make()
    with pytest.raises(Refused, match="403"):
        sample.fill_next_week(organization_id=organization.id, exchange=lambda body, secret: Answer(403, b""))
    organization.refresh_from_db()
    progress = sample.progress_of(organization)
    assert progress is not None
    assert progress.done == 0


def test_pressure_is_answered_with_patience() -> None:
    answers = iter([Answer(503, b"", 0.0), Answer(429, b"", 0.0), Answer(200, b"{}")])
    send(Body("/otlp/v1/logs", "application/json", b"", "organization"), "", lambda body, secret: next(answers))
    assert next(answers, None) is None


# --- removing --------------------------------------------------------------------------------------------------------


def rows_by_table(organization_id: int) -> dict[str, int]:
    """As the owner, for whom there is no wall."""
    found = {}
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {table} WHERE organization_id = %s", [organization_id])
            if count := cursor.fetchone()[0]:
                found[table] = count
    return found


def test_a_retired_sample_is_gone_for_everybody_at_once() -> None:
    organization = make(weeks=1)
    fill(organization)
    sample.retire(organization=organization, by=None, now=NOW)
    assert sample.sample_organization() is None
    with tenant(organization.id):
        assert not Membership.objects.filter(is_active=True).exists()
        assert not Key.objects.filter(revoked_at=None).exists()
    assert make(weeks=1) != organization


def test_erasing_leaves_no_row_but_the_audit_entries(acme: Organization, alice: User) -> None:
    untouched = rows_by_table(acme.id)
    organization = make(weeks=1)
    fill(organization)
    store(access(organization), edit("a"))
    assert len(rows_by_table(organization.id)) > 12
    assert "events_edit_day" in rows_by_table(organization.id)
    sample.retire(organization=organization, by=alice, now=NOW)
    sample.erase(organization_id=organization.id)
    assert rows_by_table(organization.id).keys() == {"teams_auditentry"}
    assert list(Organization.objects.all()) == [acme]
    assert list(User.objects.all()) == [alice]
    assert rows_by_table(acme.id) == untouched
    with tenant(organization.id):
        assert AuditEntry.objects.get(action="sample.removed").actor_id == alice.id


def test_erasing_twice_and_erasing_nothing_do_no_harm(acme: Organization) -> None:
    organization = make(weeks=1)
    sample.erase(organization_id=organization.id)
    assert sample.sample_organization() == organization
    sample.retire(organization=organization, by=None, now=NOW)
    for _ in range(2):
        sample.erase(organization_id=organization.id)
    assert list(Organization.objects.all()) == [acme]


def test_an_invented_person_who_is_a_member_elsewhere_stays(acme: Organization) -> None:
    organization = make(weeks=1)
    user = User.objects.order_by("id")[1]
    factories.make_member(acme, user=user)
    sample.retire(organization=organization, by=None, now=NOW)
    sample.erase(organization_id=organization.id)
    assert list(User.objects.all()) == [user]


def test_only_a_sample_can_be_removed_like_this(acme: Organization) -> None:
    with pytest.raises(ValueError, match="sample"):
        sample.retire(organization=acme, by=None, now=NOW)
    sample.erase(organization_id=acme.id)
    assert Organization.objects.filter(id=acme.id).exists()


def test_a_sample_that_goes_is_not_filled_any_further() -> None:
    organization = make()
    sample.retire(organization=organization, by=None, now=NOW)
    assert not sample.fill_next_week(organization_id=organization.id, exchange=killed_after(0))


def test_a_filler_whose_keys_are_revoked_stops_without_an_error() -> None:
    organization = make()

    def retire_meanwhile(body: Body, secret: str) -> Answer:
        sample.retire(organization=organization, by=None, now=NOW)
        return Answer(403, b"")

    assert not sample.fill_next_week(organization_id=organization.id, exchange=retire_meanwhile)
