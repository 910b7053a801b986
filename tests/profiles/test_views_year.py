"""A calendar year of a profile: it tells of that year only, and no more than everybody may see."""

import random
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from profiles import actions
from profiles.figures import OF_YEAR, figures_for_everybody, sections_for
from profiles.models import Audience, EarnedBadge, Profile, Section
from teams.models import Contributor, Organization, User
from tests.profiles._life import DAY, accept, merge_pull, profile_of
from tests.profiles.test_views_public import bob_at_acme

__all__ = ["bob_at_acme"]

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()
YEAR = NOW.year - 1
MARKS = {
    Section.TOTALS: "AI-assisted pull request",
    Section.ACTIVITY: "days in a row at most",
    Section.MEASURES: "How I work with AI",
    Section.MODELS: "share of output tokens",
    Section.TASKS: "What I use it for",
    Section.BADGES: "earned by what the data show",
}


@pytest.fixture
def profile(acme: Organization, bob: User, bob_at_acme: Contributor) -> Profile:
    """Three days in a row over last New Year, two of them in the year asked for, and a fortnight in May."""
    for day in (date(YEAR, 12, 30), date(YEAR, 12, 31), date(YEAR + 1, 1, 1)):
        accept(acme, bob_at_acme, day, 5, now=NOW)
    for number in range(14):
        accept(acme, bob_at_acme, date(YEAR, 5, 4) + number * DAY, 3, now=NOW)
    merge_pull(acme, bob_at_acme, NOW.replace(year=YEAR, month=5, day=20), "bob/open")
    for slug, day, evidence in (
        ("thirty-days", date(YEAR, 5, 20), {"from": "4 May"}),
        ("first-merge", date(YEAR + 1, 1, 2), {"pull_requests": 1}),
    ):
        EarnedBadge.objects.create(user=bob, slug=slug, earned_on=day, evidence=evidence)
    return profile_of(bob, handle="bob", name="Bob Example", is_published=True)


def text_of(answer: Any) -> str:
    return " ".join(strip_tags(answer.text.partition("<body>")[2].replace("<", " <")).split()).replace("\u00a0", " ")


def test_a_year_tells_of_itself_only(profile: Profile, client: Client) -> None:
    answer = client.get(f"/@bob/{YEAR}/")
    assert answer.status_code == 200
    told = text_of(answer)
    assert f"Bob Example’s {YEAR} with AI" in told
    for words in (
        "16 active days",
        "14 days in a row at most",
        "52 accepted suggestions",
        "the most in May",
    ):
        assert words in told
    assert "Thirty days" in told
    assert "First merge" not in told
    assert "5 on Thu 1 Jan" not in answer.text
    shown = figures_for_everybody(profile, OF_YEAR, YEAR, now=NOW)
    assert shown.activity
    assert [shown.activity.days[0][0], shown.activity.days[-1][0]] == [date(YEAR, 1, 1), date(YEAR, 12, 31)]


def test_the_running_year_ends_today(profile: Profile) -> None:
    shown = figures_for_everybody(profile, OF_YEAR, NOW.year, now=NOW)
    assert shown.activity
    assert shown.activity.days[0] == (date(NOW.year, 1, 1), 5)
    assert shown.activity.days[-1][0] <= NOW.date() + DAY


def test_its_first_days_hold_no_whole_week(profile: Profile, client: Client) -> None:
    shown = figures_for_everybody(profile, OF_YEAR, YEAR, now=NOW.replace(year=YEAR, month=1, day=1))
    assert shown.measures == ()
    assert not client.get("/@bob/").text.count("whole weeks of")


def test_it_tells_what_everybody_may_see_whatever_the_switches(
    profile: Profile, bob_client: Client, alice_client: Client, client: Client
) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    for _ in range(6):
        chosen = {section: chance.choice(list(Audience)) for section in Section}
        actions.choose_audiences(profile=profile, audiences=chosen, now=timezone.now())
        allowed = sections_for(profile, Audience.PUBLIC) & OF_YEAR
        for visitor in (client, alice_client, bob_client):
            told = text_of(visitor.get(f"/@bob/{YEAR}/"))
            assert {section for section, mark in MARKS.items() if mark in told} == allowed, seed
            if not allowed:
                assert f"Nothing to show of {YEAR}" in told


def test_what_an_organization_forbids_is_gone_at_once(profile: Profile, acme: Organization, client: Client) -> None:
    assert "16 active days" in text_of(client.get(f"/@bob/{YEAR}/"))
    Organization.objects.filter(id=acme.id).update(allows_publication=False)
    assert "accepted suggestions" not in text_of(client.get(f"/@bob/{YEAR}/"))


def test_nobody_and_not_published_are_the_same(profile: Profile, bob: User, client: Client) -> None:
    actions.unpublish(profile=profile, by=bob, now=timezone.now())
    hidden, unknown = client.get(f"/@bob/{YEAR}/"), client.get(f"/@zed/{YEAR}/")
    assert hidden.status_code == unknown.status_code == 404
    assert hidden.text == unknown.text.replace("zed", "bob")


def test_a_former_handle_leads_on(profile: Profile, client: Client) -> None:
    actions.rename(profile=profile, handle="rob", now=timezone.now())
    answer = client.get(f"/@bob/{YEAR}/")
    assert (answer.status_code, answer["Location"]) == (301, f"/@rob/{YEAR}/")


@pytest.mark.parametrize("year", ["0", "1999", str(NOW.year + 2), "99999999999999999999"])
def test_years_that_nobody_can_have_anything_of_are_no_pages(year: str, profile: Profile, client: Client) -> None:
    assert client.get(f"/@bob/{year}/").status_code == 404


def test_years_lead_to_each_other_and_to_the_profile(profile: Profile, client: Client) -> None:
    seen, address = set(), f"/@bob/{(timezone.now() + timedelta(hours=14)).year}/"
    while address:
        answer = client.get(address)
        assert answer.status_code == 200
        assert 'href="/@bob/"' in answer.text
        seen.add(address)
        found = re.search(r'href="(/@bob/\d+/)" rel="prev"', answer.text)
        address = found[1] if found else ""
    assert len(seen) == 7
    assert f'href="/@bob/{NOW.year}/"' in client.get("/@bob/").text
