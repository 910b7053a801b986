"""Pull requests, defects, deliveries and chores in the organization's admin."""

from typing import Any

import pytest
from django.test import Client

from codecard.lib.tenant import tenant
from events.models import Annotation, Backfill, Chore, Connection, Delivery, HealthyRange
from teams.admin.site import site
from teams.models import AuditEntry, Organization, Team, User
from tests.events.dashboards._pulls import traced
from tests.factories import NOW
from tests.pull_requests import make_author, make_pull_request, make_repository

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
ADMIN = "/o/acme/admin/events"
TABLES = [model for model in site._registry if model._meta.app_label == "events"]


def one_of_each(organization: Organization) -> None:
    with tenant(organization.id):
        source = Connection.objects.create(organization=organization, kind="webhook", account=organization.slug)
        repository = make_repository(organization, f"{organization.slug}/one", connection=source)
        traced(make_pull_request(repository, title=f"Of {organization}"), make_pull_request(repository), NOW)
        Delivery.objects.create(
            organization=organization, connection=source, delivery_id=organization.slug, event="push", received_at=NOW
        )
        Backfill.objects.create(organization=organization, repository=repository, stage="pulls")
        Chore.objects.create(organization=organization, kind="pull", key=1)
        HealthyRange.objects.create(organization=organization, metric="defect-escape-rate", high=0.1, set_at=NOW)
        Annotation.objects.create(organization=organization, on=NOW.date(), text=f"Of {organization}", made_at=NOW)


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model._meta.model_name)
def test_every_table_and_row_opens_at_home_and_nowhere_else(
    model: Any, owner_client: Client, acme: Organization, globex: Organization
) -> None:
    for organization in (acme, globex):
        one_of_each(organization)
    table = f"{ADMIN}/{model._meta.model_name}/"
    assert owner_client.get(table).status_code == 200
    with tenant(globex.id):
        foreign = model._default_manager.order_by("id").last()
    with tenant(acme.id):
        own = model._default_manager.order_by("id").last()
    for path in ("change", "history"):
        assert owner_client.get(f"{table}{own.id}/{path}/").status_code == 200
        assert owner_client.get(f"{table}{foreign.id}/{path}/").status_code == 404
        assert owner_client.get(f"{table}{10**30}/{path}/").status_code == 404
    assert "globex" not in owner_client.get(table, {"q": "o"}).text.lower()


@pytest.mark.usefixtures("payments")
def test_leads_read_pull_requests_of_their_teams_and_no_others(
    acme: Organization, bob: User, alice_client: Client, owner_client: Client
) -> None:
    with tenant(acme.id):
        repository = make_repository(acme)
        own = make_pull_request(repository, 101, author=make_author(acme, bob))
        others = make_pull_request(repository, 202, author=make_author(acme))
        for pull in (own, others):
            traced(pull, make_pull_request(repository), NOW)
    for table in ("pullrequest", "defect", "defectlink"):
        assert alice_client.get(f"{ADMIN}/{table}/").context["cl"].result_count == 1, table
    assert owner_client.get(f"{ADMIN}/defect/").context["cl"].result_count == 2
    assert alice_client.get(f"{ADMIN}/pullrequest/{own.id}/change/").status_code == 200
    assert alice_client.get(f"{ADMIN}/pullrequest/{others.id}/change/").status_code == 404
    assert alice_client.get(f"{ADMIN}/delivery/").status_code == 403


def test_no_secret_and_no_body_is_shown(acme: Organization, owner_client: Client) -> None:
    with tenant(acme.id):
        source = Connection.objects.create(
            organization=acme, kind="webhook", webhook_secret="sealed-1", token="sealed-2", access_token="sealed-3",
            former_webhook_secret="sealed-4",
        )  # fmt: skip
        delivery = Delivery.objects.create(
            organization=acme, connection=source, delivery_id="d", event="push", body=b"sealed-5", received_at=NOW
        )
    for path in (f"connection/{source.id}/change/", f"delivery/{delivery.id}/change/", "connection/", "delivery/"):
        answer = owner_client.get(f"{ADMIN}/{path}")
        assert answer.status_code == 200
        assert "sealed-" not in answer.text, path
    assert owner_client.get(f"{ADMIN}/connection/?token__startswith=s").status_code in {302, 400}


def test_what_is_dead_is_tried_again_from_the_table(acme: Organization, owner_client: Client) -> None:
    with tenant(acme.id):
        chore = Chore.objects.create(organization=acme, kind="pull", key=1, is_dead=True, attempts=8, error="KeyError")
    answer = owner_client.post(f"{ADMIN}/chore/", {"action": "try_again", "_selected_action": [chore.id]}, follow=True)
    assert "1\xa0chore will be tried again" in answer.text
    with tenant(acme.id):
        chore.refresh_from_db()
        assert not chore.is_dead
        assert AuditEntry.objects.get(action="chores.tried_again").details["rows"] == [chore.id]


@pytest.mark.usefixtures("alice")
def test_rows_of_others_are_not_there(
    acme: Organization, globex: Organization, charlie: User, owner_client: Client
) -> None:
    with tenant(globex.id):
        foreign = make_pull_request(make_repository(globex))
        chore = Chore.objects.create(organization=globex, kind="pull", key=1, is_dead=True)
    assert owner_client.get(f"{ADMIN}/pullrequest/{foreign.id}/change/").status_code == 404
    owner_client.post(f"{ADMIN}/chore/", {"action": "try_again", "_selected_action": [chore.id]})
    with tenant(globex.id):
        chore.refresh_from_db()
        assert chore.is_dead


def test_operators_look_everything_up(acme: Organization, payments: Team, django_user_model: type[User]) -> None:
    client = Client()
    user = django_user_model.objects.create_superuser("root@host.example", "x" * 20)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    with tenant(acme.id):
        make_pull_request(make_repository(acme), 303)
    for table in ("connection", "repository", "pullrequest", "defect", "delivery", "backfill", "chore"):
        answer = client.get(f"/admin/events/{table}/")
        assert answer.status_code == 200, table
        assert ("303" in answer.text) is (table == "pullrequest")
        assert client.get(f"/admin/events/{table}/add/").status_code == 403


@pytest.mark.parametrize(
    "asked", ["author_login", "author_login__startswith", "author", "author__id__exact", "merged_by_login"]
)
def test_the_list_of_pull_requests_cannot_be_asked_for_one_author(
    asked: str, owner_client: Client, acme: Organization
) -> None:
    one_of_each(acme)
    answer = owner_client.get(f"{ADMIN}/pullrequest/", {asked: "1"})
    assert answer.status_code == 400
