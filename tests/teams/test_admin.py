from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from codecard.lib.tenant import tenant
from teams.models import AuditEntry, Contributor, Invitation, Key, Organization, Team, User
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
OURS = [model for model in admin.site._registry if model._meta.app_label == "teams"]


@pytest.fixture
def operator_client() -> Client:
    client = Client()
    user = factories.make_user("operator@example.com", is_staff=True, is_superuser=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def a_bit_of_everything(acme: Organization, globex: Organization, payments: Team) -> str:
    secret = factories.make_key(acme).secret
    factories.make_team(globex, "Reactor")
    with tenant(acme.id):
        Invitation.objects.create(organization=acme, digest=b"SECRETDIGEST" * 2, expires_at=NOW)
    return secret


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.model_name)
def test_every_list_opens_and_can_be_searched(
    model: Any, operator_client: Client, a_bit_of_everything: str, django_assert_max_num_queries: Any
) -> None:
    address = reverse(f"admin:teams_{model._meta.model_name}_changelist")
    with django_assert_max_num_queries(20):
        page = operator_client.get(address, {"q": "a"})
    assert page.status_code == 200
    assert a_bit_of_everything[8:] not in page.content.decode()


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.model_name)
def test_every_row_opens_and_shows_no_secret(model: Any, operator_client: Client, a_bit_of_everything: str) -> None:
    row = model._base_manager.using("operator").order_by("pk").last()
    page = operator_client.get(reverse(f"admin:teams_{model._meta.model_name}_change", args=[row.pk]))
    assert page.status_code == 200
    text = page.content.decode()
    assert a_bit_of_everything[8:] not in text
    assert "digest" not in text.lower()


def test_operators_see_all_organizations(operator_client: Client, a_bit_of_everything: str) -> None:
    text = operator_client.get(reverse("admin:teams_team_changelist")).content.decode()
    assert "Payments" in text
    assert "Reactor" in text


@pytest.mark.parametrize("model", [AuditEntry, Key, Contributor, Organization])
def test_what_operators_must_not_delete_or_make_up_has_no_such_page(
    model: Any, operator_client: Client, a_bit_of_everything: str
) -> None:
    row = model._base_manager.using("operator").first()
    name = model._meta.model_name
    assert (
        operator_client.post(reverse(f"admin:teams_{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    )
    if model is not Organization:
        assert operator_client.get(reverse(f"admin:teams_{name}_add")).status_code == 403
    assert model._base_manager.using("operator").filter(pk=row.pk).exists()


def test_an_operator_revokes_keys(operator_client: Client, acme: Organization) -> None:
    key = factories.make_key(acme).key
    operator_client.post(reverse("admin:teams_key_changelist"), {"action": "revoke", "_selected_action": [str(key.id)]})
    with tenant(acme.id):
        assert Key.objects.get(id=key.id).revoked_at is not None


def test_an_operator_makes_a_user_and_a_team(operator_client: Client, acme: Organization) -> None:
    form = {"email": "New@Example.com", "name": "New", "usable_password": "false"}
    operator_client.post(reverse("admin:teams_user_add"), form)
    assert User.objects.get(email="new@example.com").has_usable_password() is False
    operator_client.post(reverse("admin:teams_team_add"), {"organization": acme.id, "name": "Core", "slug": "core"})
    with tenant(acme.id):
        assert Team.objects.get().name == "Core"


def test_members_do_not_get_in(alice_client: Client, owner_client: Client) -> None:
    for client in (alice_client, owner_client, Client()):
        assert client.get(reverse("admin:teams_key_changelist")).status_code == 302
