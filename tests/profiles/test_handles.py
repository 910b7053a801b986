"""Handles: who may have which, and that nobody gets somebody else's, now or before."""

import re
from datetime import timedelta

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from profiles import actions, handles
from profiles.handles import HandleTakenError, is_handle, profile_of, suggest, validate_handle
from profiles.models import LONGEST_HANDLE, FormerHandle, Profile
from profiles.queries import moved_to, profile_by_handle
from teams.models import User
from tests import factories
from tests.addresses import all_addresses
from tests.factories import NOW
from tests.profiles import _life

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("handle", ["a", "7", "mara-l", "a-b-c", "x" * LONGEST_HANDLE])
def test_a_handle_is_what_github_allows(handle: str) -> None:
    validate_handle(handle)


@pytest.mark.parametrize(
    "handle",
    ["", "-a", "a-", "a--b", "A", "a_b", "a.b", "ä", "\u0660", "a b", "a\n", "x" * (LONGEST_HANDLE + 1), "admin"],
)
def test_nothing_else_is_one(handle: str) -> None:
    with pytest.raises(ValidationError):
        validate_handle(handle)


def test_first_parts_of_our_addresses_are_reserved() -> None:
    firsts = {address.route.split("/")[1] for address in all_addresses()}
    assert {first for first in firsts if is_handle(first)} - handles.RESERVED == set()
    assert {"admin", "api", "www", "support", "accounts"} <= handles.RESERVED


@given(name=st.text(max_size=60))
def test_whatever_somebody_is_called_a_handle_is_suggested(name: str) -> None:
    validate_handle(suggest(name))


def test_a_profile_is_made_once_and_unpublished(bob: User) -> None:
    made = profile_of(bob)
    assert (made.handle, made.is_published) == ("bob", False)
    assert profile_of(bob) == made
    assert Profile.objects.count() == 1


def test_the_login_at_github_is_suggested_before_the_name_and_a_taken_one_never(bob: User, alice: User) -> None:
    for user in (bob, alice):
        SocialAccount.objects.create(
            user=user, provider="github.acme.example", uid=str(user.id), extra_data={"login": "Octo-Cat"}
        )
    assert profile_of(bob).handle == "octo-cat"
    assert re.fullmatch(r"octo-cat-[0-9a-f]{6}", profile_of(alice).handle)


def test_the_mail_address_is_in_no_suggestion() -> None:
    assert "secretive" not in profile_of(factories.make_user("secretive@example.com")).handle


def test_a_former_handle_leads_on_and_stays_taken(bob: User, alice: User) -> None:
    profile = _life.profile_of(bob, handle="bob", is_published=True)
    actions.rename(profile=profile, handle="Robert", now=NOW)
    actions.rename(profile=profile, handle="rob", now=NOW)
    assert (moved_to("bob"), moved_to("robert"), moved_to("rob")) == ("rob", "rob", None)
    assert profile.changed_at == NOW
    other = _life.profile_of(alice, handle="alice")
    for taken in ("bob", "robert", "rob"):
        with pytest.raises(HandleTakenError):
            actions.rename(profile=other, handle=taken, now=NOW)
    assert Profile.objects.get(user=alice).handle == "alice"


def test_one_may_go_back_to_a_former_handle(bob: User) -> None:
    profile = _life.profile_of(bob, handle="bob", is_published=True)
    for handle in ("robert", "bob"):
        assert actions.rename(profile=profile, handle=handle, now=NOW)
    assert not actions.rename(profile=profile, handle="bob", now=NOW + timedelta(days=1))
    assert (moved_to("robert"), moved_to("bob")) == ("bob", None)
    found = profile_by_handle("bob")
    assert found
    assert found.changed_at == NOW
    assert list(FormerHandle.objects.values_list("handle", flat=True)) == ["robert"]
