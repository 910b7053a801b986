"""What embedded pictures ask before they are shown as they were."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from codecard.lib.tenant import tenant
from profiles import actions
from profiles.models import Audience, Profile, Section
from profiles.queries import profile_by_handle, standing_of
from teams.models import Contributor, Membership, Organization, User
from tests.profiles._life import profile_of
from tests.profiles.test_views_public import bob_at_acme, profile

__all__ = ["bob_at_acme", "profile"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_everything_that_changes_what_is_shown_changes_the_standing(
    profile: Profile, acme: Organization, bob: User, bob_at_acme: Contributor
) -> None:
    now = timezone.now()

    def let_go() -> None:
        with tenant(acme.id):
            Contributor.objects.filter(organization=acme, id=bob_at_acme.id).update(user=None)

    def leave() -> None:
        with tenant(acme.id):
            Membership.objects.filter(organization=acme, user=bob).update(is_active=False)

    changes: list[Callable[[], object]] = [
        lambda: actions.edit(profile=profile, name="Rob", bio="", links=[], now=now),
        lambda: actions.choose_audiences(profile=profile, audiences={Section.TOTALS: Audience.ME}, now=timezone.now()),
        lambda: Profile.objects.filter(id=profile.id).update(taken_back_at=now),
        lambda: User.objects.filter(id=bob.id).update(name="Another"),
        lambda: User.objects.filter(id=bob.id).update(time_zone="Asia/Kathmandu"),
        lambda: Organization.objects.filter(id=acme.id).update(allows_publication=False),
        lambda: Organization.objects.filter(id=acme.id).update(allows_publication=True),
        let_go,
        leave,
    ]
    seen = [standing_of("bob")]
    for change in changes:
        change()
        standing = standing_of("bob")
        assert standing == standing_of("bob")
        assert standing != seen[-1]
        seen.append(standing)


def test_there_is_none_where_nobody_is_found(profile: Profile, bob: User) -> None:
    assert standing_of("bob")
    assert standing_of("nobody") is None
    assert standing_of("BOB") is None
    User.objects.filter(id=bob.id).update(is_active=False)
    assert standing_of("bob") is None is profile_by_handle("bob")
    User.objects.filter(id=bob.id).update(is_active=True)
    actions.unpublish(profile=profile, by=bob, now=timezone.now())
    assert standing_of("bob") is None is profile_by_handle("bob")


def test_a_handle_that_is_somebody_elses_now_is_told_of_them(profile: Profile, bob: User, alice: User) -> None:
    before = standing_of("bob")
    profile.delete()
    profile_of(alice, handle="bob", is_published=True)
    after = standing_of("bob")
    assert before
    assert after
    assert (before.user_id, after.user_id) == (bob.id, alice.id)


def test_a_card_that_is_as_it_was_asks_one_question(profile: Profile, client: Client) -> None:
    first = client.get("/@bob/card.svg")
    with CaptureQueriesContext(connection) as asked:
        again = client.get("/@bob/card.svg")
        known = client.get("/@bob/card.svg", headers={"If-None-Match": first["ETag"]})
    assert again.content == first.content
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]
    assert (known.status_code, known.content) == (304, b"")
    assert len(asked) == 2
    assert client.get("/@bob/card.svg?theme=dark").content != first.content


def test_what_is_asked_leaves_nothing_behind_for_whoever_comes_next(profile: Profile, bob_at_acme: Contributor) -> None:
    standing_of("bob")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.user', true)")
        assert cursor.fetchone() in [("",), (None,)]
