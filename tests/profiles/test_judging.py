"""Badges follow the data: once each, the same again, and gone with what earned them."""

from datetime import timedelta

import pytest

from codecard.lib.tenant import tenant
from events.models import PullRequest
from profiles.badges import shown_badges
from profiles.judging import judge_badges
from profiles.models import EarnedBadge, Profile
from profiles.tasks import judge_badges_of
from teams.models import Organization, User
from tests.events.dashboards._work import NOW
from tests.factories import person
from tests.profiles._life import TODAY, accept, merge_pull, profile_of

pytestmark = pytest.mark.django_db(transaction=True)


def rows(user: User) -> list[tuple[object, ...]]:
    return list(EarnedBadge.objects.filter(user=user).order_by("slug").values_list())


@pytest.fixture
def profile(acme: Organization, bob: User) -> Profile:
    with tenant(acme.id):
        me = person(acme, bob)
    for tool in ("claude-code", "codex", "cursor"):
        accept(acme, me, TODAY, tool=tool)
    merge_pull(acme, me, NOW - timedelta(days=3), "acme/secret")
    return profile_of(bob)


def test_judging_twice_leaves_the_same_rows(bob: User, profile: Profile) -> None:
    judge_badges(user_id=bob.id, now=NOW)
    once = rows(bob)
    judge_badges(user_id=bob.id, now=NOW + timedelta(days=1))
    assert rows(bob) == once
    assert [(one.slug, one.earned_on) for one in shown_badges(bob)] == [
        ("three-tools", TODAY), ("first-merge", (NOW - timedelta(days=3)).date()),
    ]  # fmt: skip
    judge_badges_of(user_id=bob.id)
    judge_badges_of(user_id=bob.id)


def test_a_badge_goes_with_what_earned_it(acme: Organization, bob: User, profile: Profile) -> None:
    judge_badges(user_id=bob.id, now=NOW)
    with tenant(acme.id):
        PullRequest.objects.filter(organization=acme).delete()
    later = NOW + timedelta(hours=1)
    judge_badges(user_id=bob.id, now=later)
    assert [one.slug for one in shown_badges(bob)] == ["three-tools"]
    profile.refresh_from_db()
    assert profile.changed_at == later


def test_what_may_not_be_published_earns_nothing_to_show(acme: Organization, bob: User, profile: Profile) -> None:
    judge_badges(user_id=bob.id, now=NOW)
    Organization.objects.filter(id=acme.id).update(allows_publication=False)
    judge_badges(user_id=bob.id, now=NOW)
    assert shown_badges(bob) == ()


def test_evidence_names_nothing(bob: User, profile: Profile) -> None:
    judge_badges(user_id=bob.id, now=NOW)
    assert "secret" not in repr(rows(bob))


def test_without_a_profile_nothing_is_judged(alice: User) -> None:
    judge_badges(user_id=alice.id, now=NOW)
    assert rows(alice) == []
