"""What is kept of a profile for everybody: it is a minute old or about to be, and never what was taken back."""

import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from redis.exceptions import RedisError

from profiles import actions, keeping
from profiles.models import Audience, EarnedBadge, Profile, Section
from profiles.tasks import put_together_anew
from teams.models import Contributor, Organization, User
from tests.profiles._life import DAY, accept
from tests.profiles.test_views_public import bob_at_acme, profile

__all__ = ["bob_at_acme", "profile"]
pytestmark = pytest.mark.django_db(transaction=True)


def active_days(client: Client) -> int:
    """As the badge says, which is drawn every time."""
    found = re.search(r">(\d+) in 12 months<", client.get("/@bob/badge/active-days.svg").text)
    return int(found[1]) if found else 0


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What the worker was asked for, which there is none of."""
    found: list[dict[str, object]] = []
    monkeypatch.setattr(put_together_anew, "delay", lambda **told: found.append(told))
    return found


@pytest.fixture
def one_more_day(profile: Profile, acme: Organization, bob_at_acme: Contributor, client: Client) -> int:
    """Before it, what is kept said how many there were."""
    before = active_days(client)
    accept(acme, bob_at_acme, timezone.now().date() - 40 * DAY, 2, now=timezone.now())
    return before


def test_what_is_fresh_is_shown_and_nobody_is_asked(
    one_more_day: int, client: Client, asked: list[dict[str, object]]
) -> None:
    assert active_days(client) == one_more_day
    assert not asked


def test_what_is_stale_is_shown_once_more_and_put_together_behind(
    one_more_day: int, profile: Profile, client: Client, asked: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping.Kept, "is_stale", lambda *_: True)
    assert [active_days(client) for _ in range(3)] == [one_more_day] * 3
    assert asked == [{"profile_id": profile.id, "year": None}]  # once a minute
    put_together_anew(**asked[0])  # type: ignore[arg-type]
    assert active_days(client) == one_more_day + 1


def test_a_year_is_put_together_for_itself(
    profile: Profile, client: Client, asked: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping.Kept, "is_stale", lambda *_: True)
    year = timezone.now().year
    client.get(f"/@bob/{year}/")
    client.get(f"/@bob/{year}/")
    assert asked == [{"profile_id": profile.id, "year": year}]
    put_together_anew(profile_id=profile.id, year=year)
    assert client.get(f"/@bob/{year}/").status_code == 200


def test_nothing_is_put_together_of_what_is_not_published(profile: Profile, bob: User) -> None:
    actions.unpublish(profile=profile, by=bob, now=timezone.now())
    cache.clear()
    put_together_anew(profile_id=profile.id)
    assert not list(cache._cache.get_client().scan_iter("*shown:*"))  # type: ignore[attr-defined]


def test_what_was_deleted_is_gone_at_once(one_more_day: int, profile: Profile, client: Client) -> None:
    Profile.objects.filter(id=profile.id).update(taken_back_at=timezone.now())
    assert active_days(client) == one_more_day + 1


def test_words_switches_and_badges_are_as_they_are(profile: Profile, bob: User, client: Client) -> None:
    now = timezone.now()
    client.get("/@bob/")
    actions.edit(profile=profile, name="Robert", bio="A new line", links=[], now=now)
    EarnedBadge.objects.create(user=bob, slug="first-merge", earned_on=now.date(), evidence={"pull_requests": 1})
    page = client.get("/@bob/").text
    assert "Robert" in page
    assert "A new line" in page
    assert "First merge" in page
    actions.choose_audiences(
        profile=profile, audiences={Section.TOTALS: Audience.ME, Section.ACTIVITY: Audience.ME}, now=now
    )
    assert active_days(client) == 0


def test_without_a_cache_it_takes_longer_and_that_is_all(
    one_more_day: int, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise RedisError

    for name in ("get", "set", "add"):
        monkeypatch.setattr(cache, name, away)
    assert active_days(client) == one_more_day + 1
