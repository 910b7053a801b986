"""People delete what they did: sums follow exactly, and nobody brings it back."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from codecard.lib.tenant import tenant
from events import tasks
from events.actions import own_data
from events.actions.own_data import OwnDataRefusedError, begin_deletion, deletion_step, forget_day, forget_session
from events.erasing import _tables
from events.ledger import record
from events.ledger.rebuild import days_to_rebuild, rebuild
from events.ledger.tombstones import REFUSED
from events.models import (
    Chore,
    Deletion,
    Event,
    PullRequest,
    Relocation,
    Session,
    SessionLink,
    Tombstone,
)
from events.retention import apply_retention
from events.schema import Commit, Edit, Prompt, Response, Suggestion, TestRun
from events.schema import Event as AnyEvent
from teams.actions import add_identity, claim_identity
from teams.key_cache import Access
from teams.models import AuditEntry, Contributor, Identity, IdentityKind, Key, Organization, User
from tests import factories
from tests.events.ledger.books import NOW, access, books, parsed, parsed_points, store, total
from tests.events.ledger.test_series import point
from tests.pull_requests import make_pull_request, make_repository

pytestmark = pytest.mark.django_db
MARA, LEE = "mara@acme.test", "lee@acme.test"
DAY = timedelta(days=1)
LATER = NOW + timedelta(hours=2)


def worked(who: str, session: str, at: datetime, **fields: Any) -> list[AnyEvent]:
    common: dict[str, Any] = {
        "at": at, "tool": "claude-code", "session": session, "email": who, "repository": "github.com/acme/pay",
        "branch": "main", "model": "claude-sonnet-4-5", "language": "Python", "path_class": "test", **fields,
    }  # fmt: skip
    key = f"{who} {session} {at}"
    return [
        Prompt(id=f"{key} p", **common),
        Suggestion(id=f"{key} s", outcome="accepted", decided_by="person", lines_added=7, **common),
        Response(id=f"{key} r", input_tokens=50, output_tokens=9, **common),
        Edit(id=f"{key} e", horizon="commit", distance=0.25, lines=4, **common),
        TestRun(id=f"{key} t", runner="pytest", outcome="passed", **common | {"at": at + timedelta(seconds=9)}),
    ]


def person(organization: Organization, email: str = MARA) -> Contributor:
    with tenant(organization.id):
        return factories.person_by(organization, email)


def session_id(organization: Organization, key: str) -> int:
    with tenant(organization.id):
        return Session.objects.get(organization=organization, key=key).id


def forgotten(organization: Organization, key: str, by: User, now: datetime = NOW) -> int:
    found = session_id(organization, key)
    return forget_session(organization=organization, contributor=person(organization), session=found, by=by, now=now)


def assert_sums_are_those_of_facts(organization: Organization) -> None:
    before = books(organization)
    list(rebuild(organization.id, days_to_rebuild(organization.id)))
    assert books(organization) == before


@pytest.fixture
def who(acme: Organization) -> Access:
    return access(acme)


def test_a_deleted_session_leaves_the_books_as_if_it_had_never_been(
    acme: Organization, alice: User, who: Access
) -> None:
    kept = worked(MARA, "kept", NOW - 2 * DAY) + worked(LEE, "lee", NOW - DAY)
    gone = worked(MARA, "gone", NOW - DAY) + worked(MARA, "gone", NOW - timedelta(hours=3))
    store(who, *kept)
    before = books(acme)
    store(who, *gone)
    assert books(acme) != before
    assert forgotten(acme, "gone", alice) == len(gone)
    assert books(acme) == before
    assert_sums_are_those_of_facts(acme)


def test_a_client_that_sends_it_again_is_refused_and_what_comes_later_is_not(
    acme: Organization, alice: User, who: Access
) -> None:
    gone = worked(MARA, "gone", NOW - DAY)
    store(who, *gone)
    forgotten(acme, "gone", alice)
    before = books(acme)
    receipt = store(access(acme, name="another key"), *gone)
    assert [one.reason for one in receipt.refused] == [REFUSED] * len(gone)
    assert (receipt.stored, books(acme)) == (0, before)
    assert store(who, *worked(MARA, "gone", LATER), now=LATER).stored == len(gone)
    assert store(who, *worked(MARA, "other", NOW - DAY)).stored == len(gone)


def test_nobody_deletes_a_session_of_somebody_else(acme: Organization, globex: Organization, alice: User) -> None:
    store(access(acme), *worked(MARA, "mine", NOW - DAY), *worked(LEE, "theirs", NOW - DAY))
    before = books(acme)
    assert forgotten(acme, "theirs", alice) == 0
    with tenant(globex.id):
        foreign = factories.make_contributor(globex)
    found = session_id(acme, "mine")
    assert forget_session(organization=globex, contributor=foreign, session=found, by=alice, now=NOW) == 0
    assert books(acme) == before


def test_pull_requests_that_it_was_linked_to_are_judged_again(acme: Organization, alice: User, who: Access) -> None:
    store(who, *worked(MARA, "gone", NOW - DAY))
    with tenant(acme.id):
        pull = make_pull_request(make_repository(acme), merged_at=NOW)
        session = Session.objects.get(organization=acme, key="gone")
        SessionLink.objects.create(organization=acme, pull_request=pull, session=session, method=1, confidence="exact")
        PullRequest.objects.filter(organization=acme, id=pull.id).update(open_sessions=[session.id])
        Chore.objects.filter(organization=acme).delete()
    forgotten(acme, "gone", alice)
    with tenant(acme.id):
        assert not SessionLink.objects.filter(organization=acme).exists()
        assert PullRequest.objects.get(organization=acme, id=pull.id).open_sessions == []
        assert list(Chore.objects.filter(organization=acme).values_list("kind", "key")) == [("pull", pull.id)]
        entry = AuditEntry.objects.filter(organization=acme).latest("id")
    assert (entry.action, entry.actor, entry.details) == ("own_data.session_deleted", alice, {"facts": 5})


def test_a_deleted_day_leaves_the_others_and_cuts_sessions(acme: Organization, alice: User, who: Access) -> None:
    yesterday, before_that = NOW - DAY, NOW - 2 * DAY
    store(who, *worked(MARA, "long", before_that), *worked(LEE, "lee", yesterday))
    before = books(acme)
    gone = worked(MARA, "long", yesterday) + worked(MARA, "short", yesterday)
    store(who, *gone)
    day = yesterday.date()
    assert forget_day(organization=acme, contributor=person(acme), day=day, by=alice, now=NOW) == len(gone)
    assert books(acme) == before
    assert_sums_are_those_of_facts(acme)
    assert store(who, *gone).stored == 0
    assert books(acme) == before
    assert store(who, *worked(MARA, "late", before_that + timedelta(hours=1))).stored == 5
    with tenant(acme.id):
        entry = AuditEntry.objects.filter(organization=acme).latest("id")
    assert entry.details == {"day": day.isoformat(), "facts": len(gone)}


def test_of_a_day_whose_facts_are_kept_no_longer_the_sums_go(acme: Organization, alice: User, who: Access) -> None:
    old = NOW - 60 * DAY
    store(who, *worked(LEE, "lee", old))
    before = books(acme)
    store(who, *worked(MARA, "old", old))
    Organization.objects.filter(id=acme.id).update(retention_days=30)
    apply_retention(organization_id=acme.id, now=NOW)
    with pytest.raises(OwnDataRefusedError, match="not kept any more"):
        forgotten(acme, "old", alice)
    assert forget_day(organization=acme, contributor=person(acme), day=old.date(), by=alice, now=NOW) == 0
    after = books(acme)
    assert {name: after[name] for name in after if name != "events"} == {
        name: before[name] for name in before if name != "events"
    }


def test_whatever_is_deleted_the_sums_are_those_of_what_is_left(acme: Organization, alice: User, who: Access) -> None:
    """Against books that never held it, in random orders."""
    chance = random.Random(7)
    for _ in range(12):
        chosen: list[tuple[str, str, int]] = [
            (chance.choice([MARA, LEE]), f"s{chance.randrange(4)}", chance.randrange(1, 6)) for _ in range(9)
        ]
        told = {key: worked(key[0], f"{key[0]} {key[1]}", NOW - key[2] * DAY) for key in chosen}
        day = chance.randrange(1, 6)
        for events in told.values():
            store(who, *events)
        for mine in [key for key in told if key[0] == MARA][:1]:
            forgotten(acme, f"{MARA} {mine[1]}", alice)
            told = {key: events for key, events in told.items() if key[:2] != mine[:2]}
        if any(key[0] == MARA for key in told):
            date = (NOW - day * DAY).date()
            forget_day(organization=acme, contributor=person(acme), day=date, by=alice, now=NOW)
        left = {key: events for key, events in told.items() if (key[0], key[2]) != (MARA, day)}
        assert total(acme, "prompts") == len(left)
        assert_sums_are_those_of_facts(acme)
        with tenant(acme.id):
            Tombstone.objects.filter(organization=acme).delete()
            Organization.objects.filter(id=acme.id).update(identity_epoch=chance.randrange(10**6, 10**9))
        for one in (MARA, LEE):
            with tenant(acme.id):
                found = Identity.objects.filter(organization=acme, value=one).first()
            if found:
                for offset in range(1, 6):
                    day_on = (NOW - offset * DAY).date()
                    forget_day(organization=acme, contributor=person(acme, one), day=day_on, by=alice, now=NOW)
        with tenant(acme.id):
            Tombstone.objects.filter(organization=acme).delete()
            Organization.objects.filter(id=acme.id).update(identity_epoch=chance.randrange(10**6, 10**9))
        assert not any(books(acme)[name] for name in ("events", "sessions", "detail", "organization", "edits"))


# --- everything -----------------------------------------------------------------------------------------------------


def dump(organization: Organization) -> str:
    """Every row of every table as text, but for audit entries and tombstones."""
    with tenant(organization.id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            " AND NOT relispartition AND relname NOT IN ('teams_auditentry', 'events_tombstone')"
        )
        text = []
        for (name,) in cursor.fetchall():
            cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{name}\" t")
            text.append(f"{name}: {cursor.fetchone()[0]}")
    return "\n".join(text)


def rows_naming(organization: Organization, number: int) -> list[str]:
    """Tables with a row that refers to a contributor."""
    found = []
    with tenant(organization.id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND column_name IN ('contributor_id', 'giver_id', 'taker_id', 'one_id', 'other_id')"
        )
        for table, column in cursor.fetchall():
            cursor.execute(
                f"SELECT count(*) FROM {table} WHERE organization_id = %s AND {column} = %s", [organization.id, number]
            )
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def live(organization: Organization, user: User) -> tuple[Contributor, Access, list[AnyEvent]]:
    """A person with a key of their own, known by an address, an id of a tool, a login."""
    with tenant(organization.id):
        mara = factories.person(organization, user)
    key = access(organization, contributor=mara, name="of maras laptop")
    told: list[AnyEvent] = [
        one
        for back in (1, 3, 40)
        for one in worked("", f"secret-session-{back}", NOW - back * DAY, user="tool-user-of-mara")
    ]
    return mara, key, told


def begin(organization: Organization, contributor: Contributor, by: User) -> Deletion | None:
    return begin_deletion(organization=organization, contributor=contributor, by=by, now=NOW)


def test_everything_leaves_no_trace_but_an_entry_and_one_tombstone(
    acme: Organization, alice: User, who: Access
) -> None:
    store(who, *worked(LEE, "lee", NOW - DAY))
    before = books(acme)
    mara, key, told = live(acme, alice)
    record(parsed(*told), key, now=NOW, source="test")
    with tenant(acme.id):
        Identity.objects.create(organization=acme, contributor=mara, kind="github", value="mara-on-github")
        login = Identity.objects.get(organization=acme, value="mara-on-github")
        pull = make_pull_request(make_repository(acme), merged_at=NOW)
        PullRequest.objects.filter(organization=acme, id=pull.id).update(author=login, author_login="Mara-On-GitHub")
        session = Session.objects.filter(organization=acme, contributor_id=mara.id).first()
        assert session
        SessionLink.objects.create(organization=acme, pull_request=pull, session=session, method=1, confidence="exact")
    commit = Commit(
        sha="a" * 40, at=NOW - DAY, tool="claude-code", session="secret-session-1", repository="github.com/acme/pay"
    )
    body = parsed()
    body.commits.append(commit)
    record(body, key, now=NOW, source="test")
    own_data.pause(organization=acme, contributor=mara, by=alice, now=NOW)
    own_data.resume(organization=acme, contributor=mara, by=alice, now=NOW + timedelta(minutes=1))
    assert "secret-session" in dump(acme)
    assert len(rows_naming(acme, mara.id)) > 5

    assert begin(acme, mara, alice) is None
    left = dump(acme).lower()
    for trace in ("secret-session", "tool-user-of-mara", "mara-on-github", "of maras laptop"):
        assert trace not in left
    assert rows_naming(acme, mara.id) == []
    after = books(acme)
    for name in ("events", "sessions", "detail", "contributor", "organization", "edits", "commits"):
        assert after[name] == before[name]
    with tenant(acme.id):
        [tombstone] = Tombstone.objects.filter(organization=acme)
        actions = list(AuditEntry.objects.filter(organization=acme, action="own_data.deleted").values_list("details"))
    assert (tombstone.from_at, tombstone.until_at) == (None, NOW)
    assert actions == [({"facts": len(told)},)]
    assert_sums_are_those_of_facts(acme)


def test_a_stale_client_makes_neither_facts_nor_a_person(acme: Organization, alice: User, who: Access) -> None:
    mara, key, told = live(acme, alice)
    record(parsed(*told), key, now=NOW, source="test")
    begin(acme, mara, alice)
    before = books(acme)
    with tenant(acme.id):
        people = Contributor.objects.filter(organization=acme).count()
        assert not Key.objects.filter(organization=acme, id=key.key_id).exists()
    # The same machine, by the key of the team.
    receipt = record(parsed(*told), who, now=LATER, source="test")
    assert (receipt.stored, len(receipt.refused)) == (0, len(told))
    assert books(acme) == before
    with tenant(acme.id):
        assert Contributor.objects.filter(organization=acme).count() == people
    again = record(parsed(*worked("", "new", LATER, user="tool-user-of-mara")), who, now=LATER, source="test")
    assert again.stored == 5


def test_a_large_organization_goes_in_steps_and_meanwhile_takes_nothing_in(
    acme: Organization, alice: User, who: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(who, *worked(LEE, "lee", NOW - DAY))
    before = books(acme)
    mara, key, told = live(acme, alice)
    record(parsed(*told), key, now=NOW, source="test")
    monkeypatch.setattr(own_data, "AT_ONCE", -1)
    begun = begin(acme, mara, alice)
    assert begun is not None
    assert begin(acme, mara, alice) == begun
    assert deletion_step(acme.id, now=NOW)
    assert_sums_are_those_of_facts(acme)
    fresh = worked("", "fresh", NOW, user="tool-user-of-mara")
    assert record(parsed(*fresh), who, now=NOW, source="test").stored == 0
    tasks.delete_own_data(organization_id=acme.id)
    after = books(acme)
    assert all(after[name] == before[name] for name in before if name != "points")
    assert not deletion_step(acme.id, now=NOW)
    with tenant(acme.id):
        assert not Deletion.objects.filter(organization=acme).exists()


def test_waits_for_names_that_are_being_put_together(acme: Organization, alice: User, who: Access) -> None:
    store(who, *worked(MARA, "s", NOW - DAY))
    with tenant(acme.id):
        Relocation.objects.create(organization=acme, giver_id=1, taker_id=2, identity_ids=[], is_whole=True)
    before = books(acme)
    with pytest.raises(OwnDataRefusedError, match="try again"):
        forgotten(acme, "s", alice)
    with pytest.raises(OwnDataRefusedError, match="try again"):
        begin(acme, person(acme), alice)
    assert books(acme) == before


# --- pause ----------------------------------------------------------------------------------------------------------


def test_what_happens_in_a_pause_is_never_stored(acme: Organization, alice: User) -> None:
    mara, key, _ = live(acme, alice)
    args: dict[str, Any] = {"organization": acme, "contributor": mara, "by": alice}
    assert own_data.pause(**args, now=NOW)
    assert not own_data.pause(**args, now=NOW)
    during = worked("", "during", NOW + timedelta(minutes=5), user="new-tool")
    assert record(parsed(*during), key, now=LATER, source="test").stored == 0
    assert record(parsed(*worked("", "before", NOW - DAY)), key, now=LATER, source="test").stored == 5
    assert own_data.resume(**args, now=LATER)
    assert not own_data.resume(**args, now=LATER)
    assert record(parsed(*during), key, now=LATER, source="test").stored == 0
    after = worked("", "after", LATER, user="new-tool")
    assert record(parsed(*after), key, now=LATER, source="test").stored == 5


@pytest.mark.parametrize("is_known", [False, True])
def test_a_name_that_turns_out_in_a_pause_to_be_theirs_is_under_it(
    acme: Organization, alice: User, who: Access, is_known: bool
) -> None:
    """Given to them before or after data know it; by whichever key it comes."""

    def sent(session: str, at: datetime) -> int:
        return store(who, *worked("", session, at, email=None, github="mara-gh"), now=at + DAY).stored

    mara, _, _ = live(acme, alice)
    if is_known:
        assert sent("before", NOW - DAY) == 5
    own_data.pause(organization=acme, contributor=mara, by=alice, now=NOW)
    how: dict[str, Any] = {"organization": acme, "kind": IdentityKind.GITHUB, "value": "mara-gh", "now": NOW}
    if is_known:
        assert claim_identity(user=alice, **how) == mara
    else:
        assert add_identity(contributor=mara, **how)
    assert sent("meanwhile", NOW + timedelta(hours=1)) == 0
    own_data.resume(organization=acme, contributor=mara, by=alice, now=NOW + 2 * DAY)
    assert sent("meanwhile", NOW + timedelta(hours=1)) == 0
    assert sent("afterwards", NOW + 3 * DAY) == 5


def test_running_counters_do_not_tell_the_pause_afterwards(acme: Organization, alice: User) -> None:
    mara, key, _ = live(acme, alice)
    begun = NOW - timedelta(days=2)
    args: dict[str, Any] = {"organization": acme, "contributor": mara, "by": alice}
    record(parsed_points(point(1, 10)), key, now=NOW, source="test")
    own_data.pause(**args, now=begun + timedelta(minutes=2))
    record(parsed_points(point(3, 70)), key, now=NOW, source="test")
    assert total(acme, "input_tokens") == 10
    own_data.resume(**args, now=begun + timedelta(minutes=4))
    record(parsed_points(point(5, 75)), key, now=NOW, source="test")
    assert total(acme, "input_tokens") == 15
    # What comes late, in the pause, tells nothing either.
    record(parsed_points(point(2, 40), point(3, 70)), key, now=NOW, source="test")
    assert total(acme, "input_tokens") == 15


def test_others_go_on(acme: Organization, alice: User, who: Access) -> None:
    mara, _, _ = live(acme, alice)
    own_data.pause(organization=acme, contributor=mara, by=alice, now=NOW - 9 * DAY)
    assert store(who, *worked(LEE, "lee", NOW)).stored == 5
    assert {table for table in _tables() if "tombstone" in table} == {"events_tombstone"}
    with tenant(acme.id):
        assert Event.objects.filter(organization_id=acme.id).count() == 5
