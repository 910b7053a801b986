"""A public profile as JSON: what the public page shows, for everybody, and no more."""

import random
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from profiles import actions
from profiles.figures import shown_to
from profiles.models import Audience, Profile, Section
from teams.models import Contributor, User
from tests.profiles.test_views_public import bob_at_acme, profile

__all__ = ["bob_at_acme", "profile"]
pytestmark = pytest.mark.django_db(transaction=True)
PARTS = {
    Section.ABOUT: "about", Section.TOTALS: "totals", Section.ACTIVITY: "activity", Section.MEASURES: "measures",
    Section.MODELS: "models", Section.TOKENS: "tokens_by_month", Section.TASKS: "tasks", Section.BADGES: "badges",
    Section.REPOSITORIES: "repositories",
}  # fmt: skip


def fetched(client: Client, handle: str = "bob") -> dict[str, Any]:
    answer = client.get(f"/api/v1/profiles/{handle}/")
    assert answer.status_code == 200
    return dict(answer.json())


def test_it_tells_the_numbers_of_the_page(profile: Profile, bob_at_acme: Contributor, client: Client) -> None:
    told, seen = fetched(client), shown_to(profile, Audience.PUBLIC, now=timezone.now())
    assert (told["handle"], told["url"]) == ("bob", "http://testserver/@bob/")
    assert seen.totals
    assert told["totals"]["pull_requests"] == seen.totals.pull_requests
    assert seen.activity
    assert [day["accepted"] for day in told["activity"]["days"]] == [number for _, number in seen.activity.days]
    assert [one["value"] for one in told["measures"]] == [one.reading.value for one in seen.measures]
    assert sum(one["n"] for one in told["measures"]) > 0


def test_parts_are_told_that_everybody_sees_whoever_asks(
    profile: Profile, bob_at_acme: Contributor, bob_client: Client, client: Client
) -> None:
    chance = random.Random(6)
    everything = fetched(client)
    for _ in range(8):
        audiences = {section.value: chance.choice([one.value for one in Audience]) for section in Section}
        Profile.objects.filter(id=profile.id).update(audiences=audiences, changed_at=timezone.now())
        for visitor in (client, bob_client):
            told = fetched(visitor)
            for section, part in PARTS.items():
                is_public = audiences[section.value] == "public"
                assert bool(told[part]) == (is_public and bool(everything[part])), (section, audiences)


def test_nobody_and_not_published_are_the_same(profile: Profile, bob: User, client: Client) -> None:
    actions.unpublish(profile=profile, by=bob, now=timezone.now())
    hidden, unknown = (client.get(f"/api/v1/profiles/{handle}/") for handle in ("bob", "nobody-at-all"))
    assert hidden.status_code == unknown.status_code == 404
    assert hidden["Content-Type"] == unknown["Content-Type"] == "application/problem+json"
    for answer in (hidden, unknown):
        assert {key: value for key, value in answer.json().items() if key != "request_id"} == {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "No public profile here. It may have moved, or was never published.",
        }


def test_what_was_taken_back_is_gone_at_once(profile: Profile, client: Client) -> None:
    assert fetched(client)["totals"]
    actions.choose_audiences(profile=profile, audiences={Section.TOTALS: Audience.ME}, now=timezone.now())
    assert fetched(client)["totals"] is None


def test_it_may_be_kept_and_read_by_pages_of_others(profile: Profile, client: Client) -> None:
    answer = client.get("/api/v1/profiles/bob/")
    assert set(answer["Cache-Control"].split(", ")) == {"public", "max-age=300"}
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert not answer.cookies
    again = client.get("/api/v1/profiles/bob/", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_former_handles_lead_on(profile: Profile, client: Client) -> None:
    actions.rename(profile=profile, handle="rob", now=timezone.now())
    for asked in ("bob", "ROB"):
        answer = client.get(f"/api/v1/profiles/{asked}/")
        assert (answer.status_code, answer["Location"]) == (301, "/api/v1/profiles/rob/")
    assert client.get("/api/v1/profiles/admin'--/").status_code == 404
