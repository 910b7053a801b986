"""What whoever is given a profile's address is told of it."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from profiles import actions
from profiles.models import Profile
from teams.models import Contributor, User
from tests.profiles.test_views_public import bob_at_acme, profile

__all__ = ["bob_at_acme", "profile"]
pytestmark = pytest.mark.django_db
BOB = "http://testserver/@bob/"


def test_the_picture_of_a_profile(profile: Profile, client: Client) -> None:
    answer = client.get("/oembed/", {"url": BOB, "format": "json"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert not answer.cookies
    told = answer.json()
    assert (told["version"], told["type"]) == ("1.0", "photo")
    assert (told["url"], told["width"], told["height"]) == (f"{BOB}og.png", 1200, 630)
    assert (told["author_name"], told["author_url"], told["provider_name"]) == ("Bob Example", BOB, "Code Card")
    assert client.get(urlsplit(told["url"]).path).headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("most", "size"),
    [({"maxwidth": "600"}, (600, 315)), ({"maxheight": "63"}, (120, 63)), ({"maxwidth": "1"}, (1, 1)),
     ({"maxwidth": "99999", "maxheight": ""}, (1200, 630))],
)  # fmt: skip
def test_it_fits_where_it_is_shown(
    most: dict[str, str], size: tuple[int, int], profile: Profile, client: Client
) -> None:
    told = client.get("/oembed/", {"url": BOB, **most}).json()
    assert (told["width"], told["height"]) == size


def test_the_page_says_where_to_ask(profile: Profile, client: Client) -> None:
    page = client.get("/@bob/").text
    found = re.search(r'type="application/json\+oembed" href="([^"]+)"', page)
    assert found
    asked = urlsplit(found[1])
    assert parse_qs(asked.query) == {"url": [BOB]}
    assert client.get(f"{asked.path}?{asked.query}").json()["author_url"] == BOB


def test_nobody_and_not_published_are_the_same(profile: Profile, bob: User, client: Client) -> None:
    actions.unpublish(profile=profile, by=bob, now=timezone.now())
    hidden, unknown = (client.get("/oembed/", {"url": f"http://testserver/@{one}/"}) for one in ("bob", "nobody"))
    assert hidden.status_code == unknown.status_code == 404
    told = [one.json() | {"request_id": ""} for one in (hidden, unknown)]
    assert told[0] == told[1]


def test_a_former_handle_leads_on(profile: Profile, client: Client) -> None:
    actions.rename(profile=profile, handle="rob", now=timezone.now())
    answer = client.get("/oembed/", {"url": BOB, "maxwidth": "600"}, follow=True)
    assert (answer.json()["author_url"], answer.json()["width"]) == ("http://testserver/@rob/", 600)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 404),
        ({"url": "http://elsewhere.example/@bob/"}, 404),
        ({"url": "http://testserver/o/acme/"}, 404),
        ({"url": "http://testserver/@bob/@bob/"}, 404),
        ({"url": "http://[::1/@bob/"}, 404),
        ({"url": "http://testserver/@%00/"}, 404),
        ({"url": "http://testserver/@a\x00b/"}, 404),
        ({"url": BOB, "format": "xml"}, 501),
        ({"url": BOB, "maxwidth": "-1"}, 400),
        ({"url": BOB, "maxheight": "٣"}, 400),
    ],
)
def test_what_can_not_be_answered_is_said(
    asked: dict[str, str], status: int, profile: Profile, bob_at_acme: Contributor, client: Client
) -> None:
    assert client.get("/oembed/", asked).status_code == status
