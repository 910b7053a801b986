"""What people embed of a profile: it tells what the public page tells, in well-formed pictures."""

import random
import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from django.utils import timezone
from redis.exceptions import RedisError

from codecard.lib.reading import Band, Reading
from profiles import actions, cards
from profiles.cards import NOBODY, NOTHING, Theme, clean
from profiles.figures import figures_for_everybody, shown_to
from profiles.models import Audience, Profile, Section
from profiles.shown import Activity, Measure, Shown, Totals
from teams.models import Contributor, Organization, User
from tests.profiles._life import profile_of
from tests.profiles.test_views_public import bob_at_acme, profile

__all__ = ["bob_at_acme", "profile"]
DAY = timedelta(days=1)
BADGES = ("acceptance-rate", "latency-small-patches", "streak", "active-days", "pull-requests")
HOSTILE = (
    "</text><script>alert(1)</script>", "]]>", "&#0;", "a\x00b\x1b[31m", "\u202eevil\u2066", "\ud800", "\ufffe",
    "🦊" * 40, "x" * 300, '" onload="alert(1)', "<![CDATA[", "' / >",
)  # fmt: skip
ADDRESSES = (
    "card.svg", "card.svg?theme=light", "card.svg?theme=dark", "card.svg?show=measures", "badge/acceptance-rate.svg",
    "badge/latency-small-patches.svg", "badge/streak.svg", "badge/active-days.svg", "badge/pull-requests.svg",
)  # fmt: skip
NOW = timezone.now()
BAND, OPEN = Band(0.25, 0.6), Band(0.6)


def shown(name: str = "Bob", **fields: Any) -> Shown:
    today = NOW.date()
    days = tuple((today - back * DAY, back % 5) for back in range(366, -1, -1))
    whole: dict[str, Any] = {
        "totals": Totals(active_days=255, accepted=900, sessions=70, pull_requests=31),
        "activity": Activity(days=days, current_streak=12, longest_streak=40, rest_days=(5, 6), zone="UTC"),
        "measures": (
            Measure("acceptance-rate", "Suggestions accepted", "Accepted", Reading(value=0.46, band=BAND)),
            Measure("first-run-pass-rate", "Tests pass first time", "First-run pass", Reading(value=0.71, band=OPEN)),
        ),
    }  # fmt: skip
    return Shown(handle="bob", name=name, as_of=today, **whole | fields)


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own


def words(svg: str) -> str:
    """What it tells, without how it looks."""
    return " ".join(one.text or "" for one in parsed(svg).iter() if not one.tag.endswith("style"))


@pytest.mark.parametrize("name", HOSTILE)
def test_what_people_write_stays_text(name: str) -> None:
    for svg in (*(cards.card(shown(name), theme) for theme in Theme), cards.picture(shown(name))):
        root = parsed(svg)
        tags = {one.tag.rpartition("}")[2] for one in root.iter()}
        assert tags <= {"svg", "title", "desc", "style", "rect", "circle", "text"}
        assert not any(
            attribute.startswith("on") or "href" in attribute for one in root.iter() for attribute in one.attrib
        )
    assert not re.search("[\u202e\u2066\x00\x1b]", clean(name))


def test_the_card_says_the_numbers_as_text_too() -> None:
    told = words(cards.card(shown(), Theme.AUTO))
    assert "Suggestions accepted: 46% (healthy 25–60%)" in told.replace("\u00a0", " ")
    for one in ("Bob", "255 active days in 12 months", "46%", "71%", "26 weeks, last four in blue"):
        assert one in told.replace("\u00a0", " ")


def test_themes_paint_and_the_automatic_one_follows_the_reader() -> None:
    light, dark, auto = (cards.card(shown(), theme) for theme in (Theme.LIGHT, Theme.DARK, Theme.AUTO))
    assert "prefers-color-scheme" in auto
    assert "prefers-color-scheme" not in light + dark
    assert "fill:#14181f" in dark
    assert "fill:#14181f" not in light


def test_a_card_of_nothing_says_so_in_words() -> None:
    assert NOTHING in words(cards.card(shown(totals=None, activity=None, measures=()), Theme.LIGHT))
    assert NOBODY in words(cards.card(None, Theme.LIGHT))
    assert "How well it goes is not public." in words(cards.card(shown(measures=()), Theme.LIGHT))


def test_a_small_sample_is_a_hollow_mark() -> None:
    few = Measure("acceptance-rate", "Suggestions accepted", "Accepted", Reading(value=1.0, n=2, is_few=True))
    card = cards.card(shown(measures=(few,)), Theme.LIGHT)
    assert 'class="fw"' in card
    assert re.search(r'class="w">100%<', card)  # no longer than any other: the ruler stands before it
    assert "100% of few" in words(card)
    assert "100% of few" in words(cards.badge(shown(measures=(few,)), "acceptance-rate"))


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("acceptance-rate", "Suggestions accepted 46%"),
        ("streak", "AI-assisted streak 12 days"),
        ("active-days", "active days with AI 255 in 12 months"),
        ("pull-requests", "AI-assisted pull requests 31"),
        ("tokens-burned", f"Code Card {NOTHING.lower()}"),
    ],
)
def test_badges(what: str, told: str) -> None:
    assert words(cards.badge(shown(), what)).replace("\u00a0", " ").endswith(told)


# --- over HTTP ------------------------------------------------------------------------------------------------------

db = pytest.mark.django_db(transaction=True)


def texts(client: Client, handle: str = "bob") -> dict[str, str]:
    found = {}
    for address in ADDRESSES:
        answer = client.get(f"/@{handle}/{address}")
        assert answer.status_code == 200, address
        assert answer["Content-Type"].startswith("image/svg+xml")
        found[address] = words(answer.text).replace("\u00a0", " ")
    return found


@db
def test_embeds_hold_no_cookie_and_may_be_kept_and_shown_elsewhere(profile: Profile, client: Client) -> None:
    for address in (*ADDRESSES, "og.png"):
        answer = client.get(f"/@bob/{address}")
        assert set(answer["Cache-Control"].split(", ")) == {"public", "max-age=300"}
        assert answer["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert not answer.cookies
        again = client.get(f"/@bob/{address}", headers={"If-None-Match": answer["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


@db
def test_the_picture_is_a_picture(profile: Profile, client: Client) -> None:
    body = client.get("/@bob/og.png").content
    assert body[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(body[16:20], "big"), int.from_bytes(body[20:24], "big")) == (1200, 630)


@db
def test_nobody_and_not_published_are_the_same(profile: Profile, bob: User, client: Client) -> None:
    published = texts(client)
    actions.unpublish(profile=profile, by=bob, now=timezone.now())
    hidden, unknown = texts(client), texts(client, "nobody-at-all")
    assert hidden == unknown
    assert all(NOBODY.lower() in told.lower() for told in hidden.values())
    assert all(published[address] != hidden[address] for address in ADDRESSES)
    assert client.get("/@bob/og.png").content == client.get("/@nobody-at-all/og.png").content


@db
def test_former_handles_and_capitals_lead_on(profile: Profile, client: Client) -> None:
    actions.rename(profile=profile, handle="rob", now=timezone.now())
    for address, target in (("/@bob/card.svg", "/@rob/card.svg"), ("/@ROB/badge/streak.svg", "/@rob/badge/streak.svg")):
        answer = client.get(address)
        assert (answer.status_code, answer["Location"]) == (301, target)
    for nobody in ("admin'--", "a%00b", "a%F0%9F%92%A9"):
        assert client.get(f"/@{nobody}/card.svg").status_code == 404


@db
def test_embeds_tell_no_more_than_the_public_page(
    profile: Profile, bob_at_acme: Contributor, bob_client: Client, client: Client
) -> None:
    """With random switches: every number in any of them is one of what everybody is shown."""
    chance = random.Random(4)
    numbers = re.compile(r"\d[\d.,]*")
    told_of = {
        Section.TOTALS: "pull-requests", Section.ACTIVITY: "streak", Section.MEASURES: "acceptance-rate",
    }  # fmt: skip
    for _ in range(12):
        audiences = {section.value: chance.choice([one.value for one in Audience]) for section in Section}
        Profile.objects.filter(id=profile.id).update(audiences=audiences, changed_at=timezone.now())
        seen = shown_to(Profile.objects.get(id=profile.id), Audience.PUBLIC, now=timezone.now())
        for visitor in (client, bob_client):
            found = texts(visitor)
            for section, what in told_of.items():
                is_told = NOTHING.lower() not in found[f"badge/{what}.svg"]
                assert is_told == (audiences[section] == "public" and bool(_part(seen, section))), (section, audiences)
            days = seen.totals or seen.activity
            if not days:
                assert "active day" not in "".join(found.values())
            if not seen.measures:
                assert "%" not in "".join(found.values())
            pictures = [cards.card(seen, Theme.LIGHT), *(cards.badge(seen, one) for one in BADGES)]
            allowed = numbers.findall(" ".join(map(words, pictures)))
            for told in found.values():
                assert set(numbers.findall(told)) <= set(allowed)


def _part(seen: Shown, section: Section) -> object:
    return {Section.TOTALS: seen.totals, Section.ACTIVITY: seen.activity, Section.MEASURES: seen.measures}[section]


@db
def test_the_check_above_would_find_a_leak(profile: Profile, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    Profile.objects.filter(id=profile.id).update(audiences=dict.fromkeys(map(str, Section), "me"))
    monkeypatch.setattr("profiles.published.sections_for", lambda *_: frozenset(Section))
    assert NOTHING not in texts(client)["card.svg"]


@db
def test_the_page_offers_what_there_is(profile: Profile, client: Client) -> None:
    page = client.get("/@bob/").text
    for address in re.findall(r"http://testserver(/@bob/[\w./-]+\.(?:svg|png))", page):
        assert client.get(address).status_code == 200
    assert "/@bob/card.svg" in page
    assert "/@bob/badge/acceptance-rate.svg" in page
    assert "&lt;img src=" in page


def test_handles_of_other_people_are_not_mixed_up(db: None, bob: User, alice: User, client: Client) -> None:
    profile_of(bob, handle="one", name="First", is_published=True)
    profile_of(alice, handle="two", name="Second", is_published=True)
    assert "First" in texts(client, "one")["card.svg"]
    assert "Second" in texts(client, "two")["card.svg"]


@db
@pytest.mark.parametrize("address", ["/@bob/", "/@bob/card.svg", "/api/v1/profiles/bob/"])
def test_what_an_organization_forbids_is_gone_at_once(
    address: str, profile: Profile, acme: Organization, client: Client
) -> None:
    def numbers() -> set[str]:
        return set(re.findall(r"\d+%", client.get(address).text)) | set(
            re.findall(r'"n":\d+', client.get(address).text)
        )

    assert numbers()
    Organization.objects.filter(id=acme.id).update(allows_publication=False)
    assert not numbers()


@db
def test_nothing_is_put_together_anew_for_addresses_that_somebody_makes_up(
    profile: Profile, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    def counted(*args: Any, **named: Any) -> Shown:
        made.append(args)
        return figures_for_everybody(*args, **named)

    monkeypatch.setattr("profiles.keeping.figures_for_everybody", counted)
    for number in range(9):
        assert NOTHING.lower() in client.get(f"/@bob/badge/made-up-{number}.svg").text
        assert client.get(f"/@bob/card.svg?theme=made-up-{number}&show=made-up-{number}").status_code == 200
    assert len(made) == 1


@db
def test_without_a_cache_it_takes_longer_and_that_is_all(
    profile: Profile, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*args: Any, **named: Any) -> None:
        raise RedisError

    for name in ("get", "set"):
        monkeypatch.setattr(f"profiles.keeping.cache.{name}", gone)
    for address in ("/@bob/", "/@bob/card.svg", "/@bob/og.png", "/api/v1/profiles/bob/"):
        assert client.get(address).status_code == 200, address


@db
def test_the_preview_shows_the_card_before_anything_is_public(
    profile: Profile, bob: User, bob_client: Client, client: Client
) -> None:
    public = client.get("/@bob/card.svg").content
    actions.unpublish(profile=profile, by=bob, now=timezone.now())
    page = bob_client.get("/me/profile/preview/?as=public").text
    [address] = re.findall(r'class="embed" src="([^"]+)"', page)
    shown_to_bob = bob_client.get(address)
    assert shown_to_bob.content == public
    assert "no-store" in shown_to_bob["Cache-Control"]
    assert client.get(address).status_code == 302
    assert "/@bob/badge/" not in re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL)
