"""Deliveries in the hands of the digest: once, wholly or not at all, and in whatever order they come."""

import json
import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from codecard.lib.tenant import tenant
from events import tasks
from events.models import (
    AiEvidence,
    CheckResult,
    Chore,
    ClosingLink,
    Connection,
    DefaultCommit,
    Delivery,
    DeliveryState,
    Issue,
    PullRequest,
    PullRequestCommit,
    PullRequestEvent,
    Push,
    Repository,
    RepositoryName,
)
from events.pulls import deliveries, hashing, state
from events.pulls.deliveries import KEPT, LEASE, MOST_ATTEMPTS
from teams.models import Identity, Organization
from tests.factories import NOW
from tests.webhooks import (
    Json,
    Sent,
    commit,
    counted,
    event,
    examples,
    make_connection,
    pull,
    push,
    repository,
    sha,
    user,
)

pytestmark = pytest.mark.django_db(transaction=True)
TABLES = (
    Repository, RepositoryName, PullRequest, PullRequestCommit, PullRequestEvent, CheckResult, Issue, ClosingLink,
    DefaultCommit, AiEvidence, Push,
)  # fmt: skip


@pytest.fixture
def source(acme: Organization) -> Connection:
    return make_connection(acme)


def deliver(source: Connection, sent: Iterable[Sent], prefix: str = "d") -> None:
    with tenant(source.organization_id):
        for number, one in enumerate(sent):
            deliveries.store(
                source.organization_id, source, delivery_id=f"{prefix}-{number}", event=one.event,
                action=str(one.body.get("action", "")), body=json.dumps(one.body).encode(), now=NOW,
            )  # fmt: skip


def digest(organization: Organization, later: timedelta = timedelta()) -> None:
    while deliveries.digest_some(organization.id, clock=lambda: NOW + later, seconds=60):
        pass


def states(organization: Organization) -> dict[str, int]:
    with tenant(organization.id):
        rows = list(Delivery.objects.filter(organization=organization).values_list("state", flat=True))
    return {one: rows.count(one) for one in sorted(set(rows))}


def told(organization: Organization) -> dict[str, list[str]]:
    """All tables by what they mean: numbers of rows stand for what they name."""
    with tenant(organization.id):
        return {model.__name__: sorted(map(repr, _rows(model, organization))) for model in TABLES}


def _rows(model: Any, organization: Organization) -> list[tuple[Any, ...]]:
    names = {r.id: r.external_id for r in Repository.objects.filter(organization=organization)}
    pulls = {p.id: (names[p.repository_id], p.number) for p in PullRequest.objects.filter(organization=organization)}
    people = {i.id: str(i) for i in Identity.objects.filter(organization=organization)}
    means: dict[str, Any] = {"repository_id": names, "pull_request_id": pulls, "author_id": people}
    left_out = {"id", "organization_id", "connection_id", "dimension_id", "created_at"}
    rows = []
    for row in model.objects.filter(organization=organization):
        values = {f.attname: getattr(row, f.attname) for f in model._meta.concrete_fields if f.attname not in left_out}
        for name, by_id in means.items():
            if name in values:
                values[name] = by_id.get(values[name])
        for one in values.get("commits", ()):
            one["author"] = people.get(one["author"])
        rows.append(tuple(sorted(values.items())))
    return rows


# --- a day of a repository -------------------------------------------------------------------------------------------

AT = "2026-05-01T{}:00Z".format
TRAILER = "Work\n\nCo-Authored-By: Claude Opus 4.6 <noreply@anthropic.com>"


def head(number: int) -> Json:
    return {"ref": "basket", "sha": sha(number), "repo": {"full_name": "acme/shop"}}


def told_of(action: str, at: str, number: int = 1, **fields: Any) -> Sent:
    more = {name: fields.pop(name) for name in ("before", "after") if name in fields}
    return Sent("pull_request", event(action, "pull_request", counted(number, updated_at=AT(at), **fields), **more))


def pushed(branch: str, before: int, after: int, at: str, *commits: Json, **fields: Any) -> Sent:
    return Sent("push", push(branch, before, after, list(commits), AT(at), **fields))


ISSUE = {
    "id": 1, "number": 9, "title": "It breaks", "body": "All of it.", "labels": [{"name": "bug"}],
    "created_at": AT("07:00"), "updated_at": AT("07:00"),
}  # fmt: skip
CHECK = {
    "id": 5, "head_sha": sha(3), "name": "unit tests", "status": "in_progress", "conclusion": None,
    "started_at": AT("11:10"), "completed_at": None,
}  # fmt: skip
RUN = {
    "id": 6, "head_sha": sha(3), "name": "CI", "run_attempt": 1, "status": "completed", "conclusion": "success",
    "run_started_at": AT("11:10"), "created_at": AT("11:10"), "updated_at": AT("11:20"),
}  # fmt: skip
REVIEW = {
    "id": 77, "user": user("alice-gh"), "submitted_at": AT("11:30"), "state": "approved", "commit_id": sha(3),
    "body": "fine",
}  # fmt: skip
MERGED: Json = {
    "state": "closed", "merged_at": AT("12:00"), "closed_at": AT("12:00"), "merge_commit_sha": sha(50),
    "head": head(3), "merged": True, "merged_by": user("alice-gh"), "commits": 2,
    "body": "Closes #9\n\n🤖 Generated with [Claude Code](https://claude.com/claude-code)",
}  # fmt: skip
RENAMED = {
    "action": "renamed", "repository": repository("acme/store", AT("15:00")), "sender": user(),
    "changes": {"repository": {"name": {"from": "shop"}}},
}  # fmt: skip


def day() -> list[Sent]:
    """Pushed, opened as a draft, amended by a force push, reviewed, merged by squash; checks, an issue, and a second
    pull request of the same branch."""
    quoted = pull(head=head(3), updated_at=AT("11:30"))
    over = {**CHECK, "status": "completed", "conclusion": "failure", "completed_at": AT("11:15")}
    merge = commit(70, "Merge pull request #2 from acme/basket", AT("14:00"))
    return [
        pushed("main", 899, 900, "06:00", commit(900, "Begin", AT("06:00"))),
        pushed("basket", 0, 2, "09:45", commit(1, at=AT("09:00")), commit(2, TRAILER, AT("09:30"))),
        told_of("opened", "10:00", draft=True, head=head(2)),
        pushed("basket", 2, 3, "10:30", commit(3, TRAILER, AT("09:30")), forced=True),
        told_of("synchronize", "10:30", draft=True, head=head(3), before=sha(2), after=sha(3)),
        told_of("ready_for_review", "11:00", head=head(3)),
        Sent("check_run", event("created", "check_run", CHECK)),
        Sent("check_run", event("completed", "check_run", over)),
        Sent("workflow_run", event("completed", "workflow_run", RUN)),
        Sent("pull_request_review", event("submitted", "pull_request", quoted, review=REVIEW)),
        Sent("issues", event("opened", "issue", ISSUE)),
        Sent("issues", event("closed", "issue", {**ISSUE, "closed_at": AT("12:00"), "updated_at": AT("12:00")})),
        told_of("closed", "12:00", **MERGED),
        pushed("main", 900, 50, "12:00", commit(50, "Add a basket (#1)", AT("12:00"))),
        pushed("basket", 3, 60, "13:05", commit(60, at=AT("13:00"))),
        told_of("opened", "13:10", 2, created_at=AT("13:10"), head=head(60)),
        pushed("main", 50, 70, "14:00", commit(61, at=AT("13:00")), merge),
        Sent("repository", RENAMED),
    ]


def test_a_day_becomes_rows(acme: Organization, source: Connection) -> None:
    deliver(source, day())
    digest(acme)
    assert states(acme) == {"digested": len(day())}
    with tenant(acme.id):
        first, second = PullRequest.objects.filter(organization=acme).order_by("number")
        assert (first.state, first.merge_sha, first.title, first.commit_count) == ("merged", sha(50), "", 2)
        assert [f"{at:%H:%M}" if at else None for at in (first.ready_at, first.first_review_at, first.approved_at)] == [
            "11:00", "11:30", "11:30"
        ]  # fmt: skip
        commits = PullRequestCommit.objects.filter(pull_request=first).order_by("position")
        assert [(c.sha, c.superseded_at is None) for c in commits] == [(sha(1), True), (sha(2), False), (sha(3), True)]
        assert [c.sha for c in PullRequestCommit.objects.filter(pull_request=second)] == [sha(60)]
        marks = set(AiEvidence.objects.filter(pull_request=first).values_list("kind", "tool", "sha"))
        assert {("body", "claude-code", ""), ("trailer", "claude-code", sha(3))} <= {
            (kind, tool.replace("_", "-"), at) for kind, tool, at in marks
        }
        line = DefaultCommit.objects.filter(organization=acme).order_by("seq").values_list("sha", "seq")
        assert list(line) == [(sha(900), 1), (sha(50), 2), (sha(70), 3)]
        assert DefaultCommit.objects.get(sha=sha(50)).pull_request_id == first.id
        assert ClosingLink.objects.get(pull_request=first).issue_number == 9
        assert Issue.objects.get(number=9).is_bug
        repository_ = Repository.objects.get(organization=acme)
        assert repository_.full_name == "acme/store"
        assert RepositoryName.objects.filter(repository=repository_).count() == 2
        kinds = set(Chore.objects.filter(organization=acme).values_list("kind", "key"))
        assert kinds >= {("replay", repository_.id), ("pull", first.id), ("fetch", first.id), ("defect", second.id)}


@pytest.mark.parametrize("seed", range(6))
def test_any_order_gives_the_same_tables(
    acme: Organization, globex: Organization, source: Connection, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Hashes of subjects differ between organizations, as they should.
    monkeypatch.setattr(hashing, "subject_key", lambda organization_id: b"one for both")
    deliver(source, day())
    digest(acme)
    other = make_connection(globex)
    shuffled = day()
    random.Random(seed).shuffle(shuffled)
    deliver(other, shuffled)
    digest(globex)
    wanted, found = told(acme), told(globex)
    differ = {
        name: (set(rows) - set(found[name]), set(found[name]) - set(rows))
        for name, rows in wanted.items() if found[name] != rows
    }  # fmt: skip
    assert not differ


def test_everything_twice_changes_nothing(acme: Organization, source: Connection) -> None:
    deliver(source, day())
    digest(acme)
    before = told(acme)
    with tenant(acme.id):
        Chore.objects.filter(organization=acme).delete()
    deliver(source, reversed(day()), "again")
    digest(acme)
    assert told(acme) == before
    with tenant(acme.id):
        assert not Chore.objects.filter(organization=acme).exists(), "nothing changed, so nothing is left to do"


def test_every_example_of_the_vendor_is_digested(acme: Organization, source: Connection) -> None:
    """The installation is the plain webhook's here: what matters is that nothing in them breaks the digest."""
    found = [Sent(name, body) for name, _, body in examples()]
    deliver(source, found)
    digest(acme)
    counts = states(acme)
    assert set(counts) == {DeliveryState.DIGESTED, DeliveryState.IGNORED}
    assert counts[DeliveryState.DIGESTED] > 100
    with tenant(acme.id):
        assert not Delivery.objects.filter(organization=acme, body__isnull=False).exists()
        assert PullRequest.objects.filter(state="merged").exists()
        assert Issue.objects.filter(closed_at__isnull=False).exists()
        assert DefaultCommit.objects.filter(sha=sha(3), seq__isnull=False).exists()


# --- what becomes of a delivery --------------------------------------------------------------------------------------


def test_what_fails_is_tried_again_later_and_at_last_given_up(
    acme: Organization, source: Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    deliver(source, day()[:1])
    with monkeypatch.context() as patch:
        patch.setattr(state, "apply", _broken)
        digest(acme)
        with tenant(acme.id):
            row = Delivery.objects.get(organization=acme)
        assert (row.state, row.attempts, bool(row.body)) == (DeliveryState.FAILED, 1, True)
        assert "secret words" not in row.error + caplog.text
        for days in range(1, MOST_ATTEMPTS):
            digest(acme, timedelta(hours=6 * days))
    assert states(acme) == {DeliveryState.DEAD: 1}
    with tenant(acme.id):
        assert deliveries.try_again(acme.id) == 1
    digest(acme)
    assert states(acme) == {DeliveryState.DIGESTED: 1}


def _broken(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError("secret words of a message")


def test_what_a_killed_worker_held_is_digested_after_its_lease(acme: Organization, source: Connection) -> None:
    deliver(source, day()[:1])
    claimed = deliveries._claim(acme.id, NOW)
    assert claimed
    digest(acme)
    assert states(acme) == {DeliveryState.RECEIVED: 1}
    digest(acme, LEASE)
    assert states(acme) == {DeliveryState.DIGESTED: 1}


def test_one_that_ends_its_worker_each_time_is_given_up(acme: Organization, source: Connection) -> None:
    deliver(source, day()[:1])
    for times in range(MOST_ATTEMPTS):
        assert deliveries._claim(acme.id, NOW + times * LEASE)
    digest(acme, MOST_ATTEMPTS * LEASE)
    assert states(acme) == {DeliveryState.DEAD: 1}


def test_what_no_key_opens_waits_for_its_key(acme: Organization, source: Connection, settings: Any) -> None:
    deliver(source, day()[:1])
    key, settings.SECRET_KEY = settings.SECRET_KEY, "another key"
    digest(acme)
    with tenant(acme.id):
        row = Delivery.objects.get(organization=acme)
    assert (row.state, row.error) == (DeliveryState.DEAD, deliveries.SEAL_BROKEN)
    settings.SECRET_KEY_FALLBACKS = [key]
    with tenant(acme.id):
        deliveries.try_again(acme.id, [row.id])
    digest(acme)
    assert states(acme) == {DeliveryState.DIGESTED: 1}


def test_text_that_could_not_be_digested_is_gone_after_a_week(acme: Organization, source: Connection) -> None:
    with tenant(acme.id):
        deliveries.store(acme.id, source, delivery_id="x", event="push", action="", body=b"{", now=NOW)
    digest(acme)
    assert states(acme) == {DeliveryState.DEAD: 1}
    with tenant(acme.id):
        assert deliveries.expire(acme.id, now=NOW + KEPT) == 0
        assert deliveries.expire(acme.id, now=NOW + KEPT + timedelta(seconds=1)) == 1
        row = Delivery.objects.get(organization=acme)
    assert (row.state, row.body) == (DeliveryState.EXPIRED, None)


def test_the_tasks_can_run_twice(acme: Organization, source: Connection) -> None:
    deliver(source, day()[:4])
    tasks.digest_deliveries(organization_id=acme.id)
    before = told(acme)
    tasks.digest_deliveries(organization_id=acme.id)
    tasks.continue_deliveries()
    tasks.continue_deliveries()
    assert told(acme) == before


def test_another_organization_s_rows_are_never_touched(
    acme: Organization, globex: Organization, source: Connection
) -> None:
    other = make_connection(globex)
    deliver(other, day())
    digest(globex)
    before = told(globex)
    changed: list[Json] = [{**one.body} for one in day()]
    deliver(source, [Sent(one.event, body) for one, body in zip(day(), changed, strict=True)])
    digest(acme)
    assert told(globex) == before


def test_a_repository_that_is_not_tracked_leaves_nothing(acme: Organization, source: Connection) -> None:
    with tenant(acme.id):
        Connection.objects.filter(id=source.id).update(takes_new_repositories=False)
    deliver(source, day()[:4])
    digest(acme)
    assert states(acme) == {DeliveryState.IGNORED: 4}
    assert not told(acme)["PullRequest"]


def test_no_text_is_there_after_the_digest(acme: Organization, source: Connection) -> None:
    words = "Xylophone-Quokka-Zeppelin"
    sent = json.loads(
        json.dumps([[one.event, one.body] for one in day()])
        .replace("Work", f"Work {words}")
        .replace("Add a basket", f"Add {words}")
        .replace("It breaks", words)
        .replace("All of it.", words)
        .replace("fine", words)
    )
    deliver(source, [Sent(name, body) for name, body in sent])
    digest(acme)
    assert states(acme) == {"digested": len(sent)}
    assert list(places_of(words, acme)) == []


def places_of(words: str, organization: Organization) -> Iterable[str]:
    """Every table and column of the database in whose rows the words stand."""
    for model in apps.get_models():
        table = model._meta.db_table
        with tenant(organization.id), connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table} AS t WHERE t::text ILIKE %s", [f"%{words}%"])
            if cursor.fetchone()[0]:
                yield table


def test_titles_are_kept_only_where_the_organization_says_so(acme: Organization, source: Connection) -> None:
    Organization.objects.filter(id=acme.id).update(stores_titles=True)
    deliver(source, day())
    digest(acme)
    with tenant(acme.id):
        assert PullRequest.objects.get(number=1).title == "Add a basket"
        assert Issue.objects.get(number=9).title == "It breaks"
