import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from codecard.lib.tenant import tenant
from teams import audit
from teams.models import AuditEntry, Organization, Role, User
from tests import factories

pytestmark = pytest.mark.django_db
PAGE = "/o/acme/settings/audit/"
FILE = f"{PAGE}audit.csv"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def note(organization: Organization, action: str, by: User | None = None, at: datetime = AT, **details: Any) -> None:
    with tenant(organization.id):
        audit.record(organization, action, organization, by=by, now=at, **details)


def rows(client: Client, query: str = "") -> list[list[str]]:
    answer = client.get(FILE + query)
    assert answer.headers["Content-Type"].startswith("text/csv")
    text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(text)))[1:]


@pytest.mark.parametrize("path", [PAGE, FILE])
def test_only_whoever_may_reads_it(
    path: str, acme: Organization, alice: User, client: Client, charlie_client: Client
) -> None:
    client.force_login(alice)
    assert client.get(path).status_code == 403
    assert charlie_client.get(path).status_code == 404


def test_says_what_changed_from_what_to_what(acme: Organization, owner: User, owner_client: Client) -> None:
    before = {"privacy_floor": 5, "retention_days": None}
    note(acme, "organization.changed", owner, before=before, after={"privacy_floor": 3, "retention_days": 90})
    note(acme, "time_zone.changed", owner, before="UTC", after="Asia/Tokyo")
    note(acme, "key.created", owner, scopes=["usage:read"], is_shared=True, until="2026-03-01T12:00:00+00:00")
    page = " ".join(owner_client.get(PAGE).text.split())
    arrow = '<span aria-hidden="true">→</span><span class="vh">became</span>'
    for told in (
        f"5 {arrow} 3",
        f"– {arrow} 90",
        f"UTC {arrow} Asia/Tokyo",
        "usage:read",
        "yes",
        "2026-03-01 12:00 UTC",
    ):
        assert told in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?who=olga", {"by.olga"}),
        ("?action=by.o", {"by.olga"}),
        ("?about=ACME&action=late", {"late", "later"}),
        ("?from_on=2026-03-02", {"late", "later"}),
        ("?to_on=2026-03-02", {"by.olga", "told", "late"}),
        ("?from_on=2026-03-02&to_on=2026-03-02", {"late"}),
        ("?q=needle", {"told"}),
        ("?q=nothing+like+it", set()),
    ],
)
def test_filters(acme: Organization, owner: User, owner_client: Client, query: str, expected: set[str]) -> None:
    Organization.objects.filter(id=acme.id).update(time_zone="Asia/Tokyo")
    note(acme, "by.olga", owner)
    note(acme, "told", at=AT, where="a needle in hay")
    note(acme, "late", at=datetime(2026, 3, 1, 15, tzinfo=UTC))  # midnight of the second in Tokyo
    note(acme, "later", at=datetime(2026, 3, 2, 15, tzinfo=UTC))
    known = {"by.olga", "told", "late", "later"}
    assert {row[2] for row in rows(owner_client, query)} & known == expected
    page = owner_client.get(PAGE + query).text
    assert {action for action in known if f'<code class="break">{action}</code>' in page} == expected


def test_what_can_not_be_read_is_no_error(acme: Organization, owner_client: Client) -> None:
    for query in (
        "?from_on=x&to_on=9999-12-31",
        "?q=%00",
        "?after=99999999999999999999",
        "?after=-1",
        "?from_on=0001-01-01",
    ):
        assert owner_client.get(PAGE + query).status_code == 200, query
        assert rows(owner_client, query) is not None


def test_pages_go_on_where_the_last_ended(acme: Organization, owner_client: Client) -> None:
    for number in range(120):
        note(acme, f"many.{number:03}", at=AT + timedelta(minutes=number // 7))
    seen: list[str] = []
    path = f"{PAGE}?action=many"
    while path:
        page = owner_client.get(path)
        seen += [entry.action for entry, _ in page.context["rows"]]
        path = page.context["next_id"] and f"{PAGE}?action=many&after={page.context['next_id']}"
    assert seen == [f"many.{number:03}" for number in reversed(range(120))]


def test_the_number_of_queries_does_not_grow(acme: Organization, owner_client: Client) -> None:
    owner_client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        owner_client.get(PAGE)
    for number in range(120):
        note(acme, f"many.{number}")
    with CaptureQueriesContext(connection) as many:
        owner_client.get(PAGE)
    assert len(many) == len(few) <= 16


@pytest.mark.django_db(transaction=True)
def test_a_download_is_complete_harmless_and_audited(acme: Organization, owner: User, owner_client: Client) -> None:
    Organization.objects.filter(id=acme.id).update(name="=HYPERLINK(1)")
    acme.refresh_from_db()
    for number in range(30):
        note(acme, "evil", owner, at=AT + timedelta(seconds=number), before="a", after="b")
    found = rows(owner_client, "?action=evil")
    assert len(found) == 30
    assert found[-1] == ["2026-03-01 12:00:00", "Olga <owner@acme.example>", "evil", "organization", "'=HYPERLINK(1)",
                         "Value: a → b", ""]  # fmt: skip
    with tenant(acme.id):
        entry = AuditEntry.objects.get(action="audit.downloaded")
    assert (entry.actor_id, entry.details) == (owner.id, {"filters": {"action": "evil"}})
    assert owner_client.head(FILE).status_code == 200
    with tenant(acme.id):
        assert AuditEntry.objects.filter(action="audit.downloaded").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_download_holds_nothing_of_others(acme: Organization, globex: Organization, owner_client: Client) -> None:
    note(globex, "theirs")
    assert "theirs" not in {row[2] for row in rows(owner_client)}


def test_admins_read_it_too(acme: Organization, client: Client) -> None:
    client.force_login(factories.make_member(acme, Role.ADMIN).user)
    assert client.get(PAGE).status_code == 200
