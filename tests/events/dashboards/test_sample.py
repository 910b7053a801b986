"""How far the sample is, and its removal by one click."""

from typing import Any

import pytest
from django.test import Client

from codecard.lib.tenant import tenant
from events import sample, tasks
from events.sample import state
from teams.models import Membership, Organization, Role, User
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture
def quillmere(db: None) -> Organization:
    return sample.create(now=NOW, people=12, weeks=4)


@pytest.fixture
def erased(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    found: list[int] = []
    monkeypatch.setattr(tasks.erase_sample, "delay", lambda *, organization_id: found.append(organization_id))
    return found


def signed_in(organization: Organization, role: Role) -> Client:
    with tenant(organization.id):
        user = Membership.objects.filter(role=role).select_related("user")[0].user
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("role", Role)
def test_every_member_sees_how_far_it_is_until_it_is_full(quillmere: Organization, role: Role) -> None:
    client = signed_in(quillmere, role)
    state.change(quillmere.id, done=0)
    answer = client.get("/o/sample/sample/progress/").content.decode()
    assert "25&nbsp;%" in answer
    assert 'hx-trigger="every 2s"' in answer
    for week in range(4):
        state.change(quillmere.id, done=week)
    assert "hx-get" not in client.get("/o/sample/sample/progress/").content.decode()


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
def test_one_click_removes_it_and_signs_the_invented_person_out(
    quillmere: Organization, role: Role, erased: list[int]
) -> None:
    client = signed_in(quillmere, role)
    answer = client.post("/o/sample/sample/remove/")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert erased == [quillmere.id]
    assert sample.sample_organization() is None
    assert "_auth_user_id" not in client.session


def test_a_real_person_stays_signed_in(quillmere: Organization, alice: User, alice_client: Client, erased: Any) -> None:
    factories.make_member(quillmere, Role.ADMIN, alice)
    assert alice_client.post("/o/sample/sample/remove/").status_code == 302
    assert "_auth_user_id" in alice_client.session
    assert alice_client.get("/o/sample/sample/progress/").status_code == 404


@pytest.mark.parametrize("role", [Role.LEAD, Role.DEVELOPER, Role.VIEWER])
def test_others_may_not_remove_it(quillmere: Organization, role: Role, erased: list[int]) -> None:
    assert signed_in(quillmere, role).post("/o/sample/sample/remove/").status_code == 403
    assert sample.sample_organization() == quillmere
    assert erased == []


def test_a_real_organization_is_not_removed(acme: Organization, owner_client: Client, erased: list[int]) -> None:
    assert owner_client.post("/o/acme/sample/remove/").status_code == 404
    assert owner_client.get("/o/acme/sample/progress/").status_code == 404
    assert erased == []


def test_looking_removes_nothing(quillmere: Organization, erased: list[int]) -> None:
    assert signed_in(quillmere, Role.OWNER).get("/o/sample/sample/remove/").status_code == 405


def test_charlie_finds_nothing(quillmere: Organization, charlie_client: Client, erased: list[int]) -> None:
    assert charlie_client.get("/o/sample/sample/progress/").status_code == 404
    assert charlie_client.post("/o/sample/sample/remove/").status_code == 404
    assert sample.sample_organization() == quillmere


def user_of(client: Client) -> User:
    return User.objects.get(id=client.session["_auth_user_id"])


@pytest.mark.parametrize("role", Role)
def test_an_invented_person_looks_around_as_another(quillmere: Organization, role: Role) -> None:
    client = signed_in(quillmere, Role.DEVELOPER)
    session, before = client.session.session_key, user_of(client)
    answer = client.post("/o/sample/sample/as/", {"role": role}, follow=True)
    assert f"{role.label.lower()}." in answer.text
    assert f'value="{role}" aria-pressed="true"' in answer.text
    with tenant(quillmere.id):
        assert Membership.objects.get(user=user_of(client)).role == role
    assert (client.session.session_key == session) == (user_of(client) == before)


def test_a_real_account_is_not_left_for_an_invented_one(quillmere: Organization, bob: User) -> None:
    factories.make_member(quillmere, Role.VIEWER, bob)
    client = Client()
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post("/o/sample/sample/as/", {"role": "owner"}).status_code == 404
    assert user_of(client) == bob


def test_nobody_becomes_somebody_else_outside_of_the_sample(
    owner_client: Client, acme: Organization, quillmere: Organization
) -> None:
    assert owner_client.post("/o/acme/sample/as/", {"role": "owner"}).status_code == 404
    assert owner_client.post("/o/sample/sample/as/", {"role": "owner"}).status_code == 404
    invented = signed_in(quillmere, Role.DEVELOPER)
    assert invented.post("/o/sample/sample/as/", {"role": "root"}).status_code == 404
    factories.make_member(acme, Role.VIEWER, user_of(invented))
    assert invented.post("/o/acme/sample/as/", {"role": "owner"}).status_code == 404


def test_a_real_member_of_the_sample_is_never_switched_to(quillmere: Organization) -> None:
    real = factories.make_user("real@acme.example")
    factories.make_member(quillmere, Role.VIEWER, real)
    with tenant(quillmere.id):
        Membership.objects.filter(role=Role.VIEWER).exclude(user=real).delete()
    client = signed_in(quillmere, Role.OWNER)
    assert client.post("/o/sample/sample/as/", {"role": "viewer"}).status_code == 404
