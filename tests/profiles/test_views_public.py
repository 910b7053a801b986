"""The public page: what it tells to whom, and that it tells nothing of those who publish nothing."""

import random
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from codecard.lib.tenant import tenant
from events.models import Repository
from profiles import actions
from profiles.figures import sections_for, shown_to
from profiles.models import Audience, EarnedBadge, Profile, Section
from teams.models import Contributor, Membership, Organization, User
from tests import factories
from tests.profiles._life import DAY, accept, member, merge_pull, profile_of

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()
BIO = "I grow tomatoes on balconies"


@pytest.fixture
def bob_at_acme(acme: Organization, bob: User) -> Contributor:
    with tenant(acme.id):
        return factories.person(acme, bob)


@pytest.fixture
def profile(acme: Organization, bob: User, bob_at_acme: Contributor) -> Profile:
    """Published, with something in every part that can hold something yet."""
    today = NOW.date()
    for back in (0, 1, 20, 21, 22):
        accept(acme, bob_at_acme, today - back * DAY - DAY, 7, now=NOW)
    merge_pull(acme, bob_at_acme, NOW - timedelta(days=5), "bob/open")
    with tenant(acme.id):
        Repository.objects.filter(organization=acme).update(is_private=False)
    return profile_of(
        bob, handle="bob", name="Bob Example", bio=BIO, links=[{"label": "Garden", "url": "https://bob.example/?a=1&b"}],
        audiences={"tokens": "public"}, is_published=True,
    )  # fmt: skip


MARKS = {
    Section.ABOUT: BIO,
    Section.TOTALS: "active days, 12 months",
    Section.ACTIVITY: "days in a row",
    Section.MEASURES: "How I work with AI",
    Section.MODELS: "claude-sonnet-4-5",
    Section.TOKENS: "Tokens by month",
    Section.TASKS: "What I use it for",
    Section.REPOSITORIES: "bob/open",
}
"""What a part has on the page and no other has."""


def text_of(answer: Any) -> str:
    return " ".join(strip_tags(answer.text.partition("<body>")[2]).split())


def parts_on(answer: Any) -> set[Section]:
    text = text_of(answer)
    return {section for section, mark in MARKS.items() if mark in text}


# --- what is shown to whom -------------------------------------------------------------------------------------------


def test_everything_public_is_on_the_page(profile: Profile, client: Client) -> None:
    answer = client.get("/@bob/")
    assert answer.status_code == 200
    assert parts_on(answer) == set(MARKS)
    assert "Bob Example" in text_of(answer)
    assert 'href="https://bob.example/?a=1&amp;b"' in answer.text


def test_a_page_tells_what_its_audience_may_see_whatever_the_switches(
    profile: Profile, bob_client: Client, alice_client: Client, client: Client
) -> None:
    """Preview, public page and page of a fellow member, against `Shown`; the seed is told where it fails."""
    by_audience: dict[Audience, list[Callable[[], Any]]] = {
        Audience.ME: [lambda: bob_client.get("/me/profile/preview/?as=me")],
        Audience.ORGANIZATION: [
            lambda: bob_client.get("/me/profile/preview/?as=organization"),
            lambda: alice_client.get("/@bob/"),
        ],
        Audience.PUBLIC: [
            lambda: bob_client.get("/me/profile/preview/?as=public"),
            lambda: client.get("/@bob/"),
            lambda: bob_client.get("/@bob/"),
        ],
    }
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    for _ in range(6):
        chosen = {section: chance.choice(list(Audience)) for section in Section}
        actions.choose_audiences(profile=profile, audiences=chosen, now=timezone.now())
        for audience, pages in by_audience.items():
            shown = shown_to(profile, audience, now=timezone.now())
            told = {
                Section.ABOUT: shown.about, Section.TOTALS: shown.totals, Section.ACTIVITY: shown.activity,
                Section.MEASURES: shown.measures, Section.MODELS: shown.models, Section.TOKENS: shown.months,
                Section.TASKS: shown.tasks, Section.REPOSITORIES: shown.repositories,
            }  # fmt: skip
            expected = {section for section, value in told.items() if value}
            assert expected <= sections_for(profile, audience)
            for page in pages:
                answer = page()
                found = parts_on(answer)
                if audience is Audience.ME:
                    # The person is told by name which parts are still empty.
                    found &= expected | {section for section in MARKS if section is not Section.MEASURES}
                assert found == expected, (seed, audience)


def test_an_organization_that_forbids_it_is_no_longer_counted_nor_a_circle_of_fellows(
    profile: Profile, acme: Organization, alice_client: Client, client: Client
) -> None:
    actions.choose_audiences(profile=profile, audiences={Section.ABOUT: Audience.ORGANIZATION}, now=NOW)
    assert BIO in text_of(alice_client.get("/@bob/"))
    Organization.objects.filter(id=acme.id).update(allows_publication=False)
    for visitor in (client, alice_client):
        assert parts_on(visitor.get("/@bob/")) == set()


def test_charlie_and_those_who_left_see_what_everybody_sees(
    profile: Profile, acme: Organization, alice: User, alice_client: Client, charlie_client: Client
) -> None:
    actions.choose_audiences(profile=profile, audiences={Section.ABOUT: Audience.ORGANIZATION}, now=NOW)
    with tenant(acme.id):
        Membership.objects.filter(organization=acme, user=alice).update(is_active=False)
    for visitor in (charlie_client, alice_client):
        assert BIO not in visitor.get("/@bob/").text
    assert "private" in charlie_client.get("/@bob/")["Cache-Control"]


# --- nobody's, not yet, and before -----------------------------------------------------------------------------------


def _answer(client: Client, handle: str) -> tuple[Any, list[str]]:
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(f"/@{handle}/")
    statements = [re.sub(re.escape(handle), "HANDLE", query["sql"]) for query in asked.captured_queries]
    skipped = {"X-Request-ID", "ETag"}
    headers = {name: value for name, value in answer.headers.items() if name not in skipped}
    return (answer.status_code, headers, answer.text.replace(handle, "HANDLE")), statements


@pytest.mark.parametrize("visitor", ["client", "charlie_client", "alice_client", "bob_client"])
def test_unknown_unpublished_and_formerly_published_handles_cannot_be_told_apart(
    visitor: str, request: pytest.FixtureRequest, bob: User, alice: User
) -> None:
    """Neither by a byte nor by what the database is asked; not even one's own."""
    client: Client = request.getfixturevalue(visitor)
    hidden = profile_of(bob, handle="bobby", is_published=True, bio=BIO)
    actions.rename(profile=hidden, handle="robin", now=NOW)
    actions.unpublish(profile=hidden, by=bob, now=NOW)
    User.objects.filter(id=alice.id).update(is_active=visitor == "alice_client")
    profile_of(alice, handle="alice", is_published=visitor != "alice_client")
    unknown = _answer(client, "zelda")
    assert unknown[0][0] == 404
    for handle in ("bobby", "robin", "alice"):
        assert _answer(client, handle) == unknown, handle


def test_a_former_handle_leads_on_and_is_not_kept_for_long(bob: User, client: Client) -> None:
    profile = profile_of(bob, handle="bob", is_published=True)
    actions.rename(profile=profile, handle="rob", now=NOW)
    answer = client.get("/@bob/")
    assert (answer.status_code, answer["Location"]) == (301, "/@rob/")
    assert "max-age=60" in answer["Cache-Control"]
    actions.rename(profile=profile, handle="bob", now=NOW)
    assert client.get("/@bob/").status_code == 200
    assert client.get("/@rob/")["Location"] == "/@bob/"


def test_capitals_lead_to_the_one_address_whether_anybody_is_there_or_not(bob: User, client: Client) -> None:
    profile_of(bob, handle="bob", is_published=True)
    for handle in ("bob", "nobody-at-all"):
        answer = client.get(f"/@{handle.upper()}/")
        assert (answer.status_code, answer["Location"]) == (301, f"/@{handle}/")
    assert client.get("/@bob")["Location"] == "/@bob/"


@pytest.mark.parametrize("handle", ["a--b", "-a", "a.b", "%00", "%F0%9F%92%A9", "a" * 40, "a%0Ab"])
def test_what_can_be_no_handle_is_no_page(handle: str, client: Client) -> None:
    assert client.get(f"/@{handle}/").status_code == 404


# --- caches, robots, previews ----------------------------------------------------------------------------------------


def test_without_cookies_a_page_asks_for_no_session_and_may_be_kept(profile: Profile, client: Client) -> None:
    answer = client.get("/@bob/")
    assert {"public", "max-age=60"} == set(answer["Cache-Control"].split(", "))
    assert "Cookie" not in answer.get("Vary", "")
    assert not answer.cookies
    again = client.get("/@bob/", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    actions.edit(profile=profile, name="Bob Example", bio="Now something else", links=[], now=NOW)
    assert client.get("/@bob/", headers={"If-None-Match": answer["ETag"]}).status_code == 200


def test_who_brings_cookies_gets_an_answer_of_their_own(profile: Profile, client: Client, bob_client: Client) -> None:
    client.cookies["theme"] = "dark"
    dark = client.get("/@bob/")
    assert 'data-theme="dark"' in dark.text
    for answer in (dark, bob_client.get("/@bob/")):
        assert "private" in answer["Cache-Control"]
    assert "This is your page" in bob_client.get("/@bob/").text


def test_others_are_told_what_to_show_of_a_page_and_robots_that_they_may(profile: Profile, client: Client) -> None:
    text = client.get("/@bob/").text
    for part in (
        '<link rel="canonical" href="http://testserver/@bob/">',
        '<meta name="robots" content="index">',
        '<meta property="og:image" content="http://testserver/@bob/og.png">',
        f'<meta property="og:description" content="{BIO}">',
        '<meta name="twitter:card" content="summary_large_image">',
    ):
        assert part in text
    assert '<meta name="robots" content="noindex">' in client.get("/@nobody-at-all/").text


def test_what_is_not_public_is_not_in_the_head_either(profile: Profile, client: Client, alice_client: Client) -> None:
    actions.choose_audiences(profile=profile, audiences={Section.ABOUT: Audience.ORGANIZATION}, now=NOW)
    assert BIO not in client.get("/@bob/").text
    assert '<meta name="robots" content="noindex">' in alice_client.get("/@bob/").text


def test_words_of_a_person_are_text_wherever_they_stand(bob: User, client: Client) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    profile = profile_of(bob, handle="bob", is_published=True)
    actions.edit(profile=profile, name=evil, bio=evil, links=[(evil, "https://x.example/'onclick=alert(1)")], now=NOW)
    text = client.get("/@bob/").text
    assert "<script>" not in text
    assert "<img src=x" not in text
    assert text.count("&lt;script&gt;") >= 4
    assert 'href="https://x.example/&#x27;onclick=alert(1)"' in text


def test_a_page_asks_the_database_equally_often_however_much_there_is(
    profile: Profile, acme: Organization, bob_at_acme: Contributor, client: Client
) -> None:
    before = factories.queries_of(client, "/@bob/")
    for number in range(4):
        accept(acme, bob_at_acme, NOW.date() - (40 + number) * DAY, 3, now=NOW, model=f"model-{number}", language="Go")
        merge_pull(acme, bob_at_acme, NOW - timedelta(days=6 + number), f"bob/other-{number}")
    EarnedBadge.objects.create(user=profile.user, slug="x", earned_on=NOW.date())
    assert factories.queries_of(client, "/@bob/") == before


def test_a_profile_without_work_says_so(bob: User, client: Client) -> None:
    profile_of(bob, handle="bob", is_published=True)
    assert "Nothing to show yet" in text_of(client.get("/@bob/"))


def test_a_member_of_two_organizations_shows_both(
    profile: Profile, globex: Organization, bob: User, client: Client
) -> None:
    accept(globex, member(globex, bob), NOW.date() - DAY, 1000, now=NOW)
    assert ">1,035</span>" in client.get("/@bob/").text
