import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from codecard.lib.tenant import tenant
from teams import actions, audit
from teams.models import AuditEntry, KeyKind, Organization, User
from teams.permissions import OrganizationRequest, Permission, organization_view
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@organization_view(Permission.SEE_NUMBERS)
def make_key(request: OrganizationRequest) -> HttpResponse:
    actions.create_key(organization=request.organization, kind=KeyKind.INGEST, name="x", by=request.user, now=NOW)
    return HttpResponse()


@pytest.mark.parametrize(
    ("sent_from", "noted"), [("192.0.2.7", "192.0.2.7"), ("2001:DB8::1", "2001:db8::1"), ("", None), ("unix:", None)]
)
def test_an_entry_says_who_and_from_where(acme: Organization, alice: User, sent_from: str, noted: str | None) -> None:
    request = RequestFactory().post("/", REMOTE_ADDR=sent_from)
    request.user = alice
    request.session = {}  # type: ignore[assignment]
    make_key(request, organization="acme")
    with tenant(acme.id):
        entry = AuditEntry.objects.get(action="key.created")
    assert (entry.actor_id, entry.address, entry.object_type) == (alice.id, noted, "key")
    assert entry.actor_label == "Alice <alice@acme.example>"


def test_the_address_of_a_request_is_not_the_next_one_s(acme: Organization) -> None:
    with audit.from_address("192.0.2.7"):
        pass
    with tenant(acme.id):
        assert audit.record(acme, "tested", acme, by=None, now=NOW).address is None


def test_entries_outlive_the_user(acme: Organization, bob: User) -> None:
    with tenant(acme.id):
        entry = audit.record(acme, "tested", acme, by=bob, now=NOW)
        bob.delete()
        kept = AuditEntry.objects.get(id=entry.id)
    assert kept.actor_label == "Bob <bob@acme.example>"
