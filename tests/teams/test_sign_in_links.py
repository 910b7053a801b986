import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone

from teams.models import SignInLink, User
from teams.sign_in_links import claim_link, create_link, is_open
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def token_of(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


@pytest.fixture
def ada() -> User:
    return factories.make_user("ada@example.com")


def test_a_link_signs_in_once(ada: User) -> None:
    token = token_of(create_link(ada, now=NOW))
    assert is_open(token, now=NOW)
    assert claim_link(token, now=NOW) == ada
    assert not is_open(token, now=NOW)
    assert claim_link(token, now=NOW) is None


def test_a_link_ends_after_a_day(ada: User) -> None:
    token = token_of(create_link(ada, now=NOW))
    assert is_open(token, now=NOW + timedelta(hours=23, minutes=59))
    assert claim_link(token, now=NOW + timedelta(hours=24)) is None


def test_a_link_of_somebody_switched_off_does_nothing(ada: User) -> None:
    token = token_of(create_link(ada, now=NOW))
    User.objects.filter(id=ada.id).update(is_active=False)
    assert claim_link(token, now=NOW) is None


def test_the_token_itself_is_not_stored(ada: User) -> None:
    token = token_of(create_link(ada, now=NOW))
    assert token.encode() not in bytes(SignInLink.objects.get().digest)


@pytest.mark.parametrize("is_mailed", [True, False])
def test_only_a_mailed_link_proves_the_address(ada: User, is_mailed: bool) -> None:
    claim_link(token_of(create_link(ada, now=NOW, is_mailed=is_mailed)), now=NOW)
    assert EmailAddress.objects.filter(user=ada, verified=True).exists() is is_mailed


def test_old_links_of_a_user_go_when_a_new_one_is_made(ada: User) -> None:
    create_link(ada, now=NOW)
    create_link(ada, now=NOW + timedelta(days=2))
    assert SignInLink.objects.count() == 1


def ask(client: Client, email: str) -> None:
    answer = client.post("/accounts/link/", {"email": email})
    assert answer.status_code == 200
    assert "Look into your mailbox" in answer.content.decode()


def test_looking_at_a_link_does_not_use_it_and_its_button_signs_in(client: Client, ada: User) -> None:
    ask(client, "Ada@example.com")
    found = re.search(r"http://testserver(/accounts/link/\w+/)", str(mail.outbox[0].body))
    assert found
    for _ in range(2):
        page = client.get(found[1])
        assert page.status_code == 200
        assert "no-store" in page["Cache-Control"]
        assert "<form" in page.content.decode()
    answer = client.post(found[1])
    assert (answer.status_code, answer["Location"]) == (302, "/home/")
    assert client.session["_auth_user_id"] == str(ada.id)
    assert Client().post(found[1]).status_code == 410
    assert Client().get(found[1]).status_code == 410


def test_a_link_replaces_whoever_was_signed_in(alice_client: Client, ada: User) -> None:
    alice_client.post(create_link(ada, now=timezone.now()))
    assert alice_client.session["_auth_user_id"] == str(ada.id)


def test_a_stranger_is_told_where_to_sign_up_and_the_asker_learns_nothing(client: Client) -> None:
    ask(client, "nobody@example.com")
    assert "/accounts/signup/" in str(mail.outbox[0].body)
    assert SignInLink.objects.count() == 0


def test_a_mailbox_is_not_flooded(client: Client, ada: User) -> None:
    for _ in range(8):
        ask(client, ada.email)
    assert len(mail.outbox) == 5


def test_one_sender_can_not_ask_without_end(client: Client) -> None:
    answers = [client.post("/accounts/link/", {"email": f"p{number}@example.com"}) for number in range(25)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429] * 5
    assert answers[-1]["Retry-After"] == "60"
    assert len(mail.outbox) == 20


@pytest.mark.parametrize("email", ["", "nonsense", "a@b\nBcc: c@d.example"])
def test_what_is_no_address_is_said_so(client: Client, email: str) -> None:
    assert client.post("/accounts/link/", {"email": email}).status_code == 400
    assert mail.outbox == []
