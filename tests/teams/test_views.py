import pytest
from django.test import Client

from codecard.lib.tenant import tenant
from teams.models import Membership, Organization, User
from teams.permissions import LAST_ORGANIZATION
from tests import factories

pytestmark = pytest.mark.django_db


def test_home_is_the_first_organization(bob_client: Client, acme: Organization) -> None:
    assert bob_client.get("/home/")["Location"] == "/o/acme/"


def test_home_is_the_organization_that_was_open_last(bob_client: Client, bob: User, globex: Organization) -> None:
    factories.make_member(globex, user=bob)
    session = bob_client.session
    session[LAST_ORGANIZATION] = "globex"
    session.save()
    assert bob_client.get("/home/")["Location"] == "/o/globex/"


def test_home_is_never_an_organization_that_one_left(bob_client: Client, bob: User, acme: Organization) -> None:
    session = bob_client.session
    session[LAST_ORGANIZATION] = "acme"
    session.save()
    with tenant(acme.id):
        Membership.objects.filter(user=bob).update(is_active=False)
    assert bob_client.get("/home/")["Location"] == "/start/"


def test_home_asks_visitors_to_sign_in(client: Client) -> None:
    assert client.get("/home/")["Location"].startswith("/accounts/login/")
