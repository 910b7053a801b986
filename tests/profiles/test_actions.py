"""What a person changes of their profile: it is kept, moves `changed_at`, and nothing else gets in."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from codecard.lib.tenant import tenant
from events.models import Repository
from profiles import actions
from profiles.links import link
from profiles.models import Audience, Profile, Section
from profiles.queries import profile_by_handle
from teams.models import AuditEntry, Organization, User
from tests.events.dashboards._work import NOW
from tests.factories import person
from tests.profiles._life import member, merge_pull, profile_of

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def profile(bob: User) -> Profile:
    return profile_of(bob, handle="bob", changed_at=NOW)


def stored(profile: Profile) -> Profile:
    return Profile.objects.get(id=profile.id)


CHANGES: dict[str, Callable[[Profile], bool]] = {
    "rename": lambda profile: actions.rename(profile=profile, handle="rob", now=LATER),
    "edit": lambda profile: actions.edit(profile=profile, name="B", bio="", links=[], now=LATER),
    "audiences": lambda profile: actions.choose_audiences(
        profile=profile, audiences={Section.TOKENS: Audience.PUBLIC}, now=LATER
    ),
    "rest": lambda profile: actions.choose_rest_days(profile=profile, days=[6, 5], now=LATER),
    "leave out": lambda profile: actions.leave_out(profile=profile, organizations=[7], now=LATER),
    "publish": lambda profile: actions.publish(profile=profile, by=profile.user, now=LATER),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_what_is_shown_moves_its_time_and_the_second_time_nothing(
    change: Callable[[Profile], bool], profile: Profile
) -> None:
    assert change(profile)
    first = Profile.objects.filter(id=profile.id).values().get()
    assert first["changed_at"] == LATER == profile.changed_at
    assert not change(stored(profile))
    assert Profile.objects.filter(id=profile.id).values().get() == first


def test_words_are_kept_without_breaks_and_turning_marks(profile: Profile) -> None:
    actions.edit(
        profile=profile, name=" M\u202ea ", bio="one\n two\t<b>", links=[("", "https://www.x.example/a")], now=NOW
    )
    row = stored(profile)
    assert (row.name, row.bio) == ("Ma", "one two <b>")
    assert row.links == [{"label": "x.example", "url": "https://www.x.example/a"}]


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "ftp://a.example", "//a.example", "a.example", "https://", "https://u:p@a.example",
     "https://u@a.example", " ", "https://a.example/" + "x" * 200, "https://a.example/\x00", "java\nscript:alert(1)"],
)  # fmt: skip
def test_only_addresses_of_the_web_are_links(url: str, profile: Profile) -> None:
    with pytest.raises(ValidationError):
        link("word", url)
    with pytest.raises(ValidationError):
        actions.edit(profile=profile, name="", bio="", links=[("word", url)], now=LATER)
    assert stored(profile).changed_at == NOW


def test_there_is_an_end_to_links_words_and_days_of_rest(profile: Profile) -> None:
    many = [("x", f"https://{number}.example") for number in range(6)]
    for fields in ({"links": many}, {"bio": "x" * 201}, {"name": "x" * 81}):
        with pytest.raises(ValidationError):
            actions.edit(profile=profile, now=LATER, **{"name": "", "bio": "", "links": [], **fields})  # type: ignore[arg-type]
    for days in (range(7), [7], [-1]):
        with pytest.raises(ValidationError):
            actions.choose_rest_days(profile=profile, days=days, now=LATER)
    assert stored(profile).changed_at == NOW


def test_only_what_differs_from_the_usual_is_kept(profile: Profile) -> None:
    chosen = {Section.TOKENS: Audience.PUBLIC, Section.ABOUT: Audience.PUBLIC, Section.TASKS: Audience.ME}
    actions.choose_audiences(profile=profile, audiences=chosen, now=NOW)
    assert stored(profile).audiences == {"tokens": "public", "tasks": "me"}
    actions.choose_audiences(profile=profile, audiences={Section.TOKENS: Audience.ME}, now=NOW)
    assert stored(profile).audiences == {"tasks": "me"}


def test_only_repositories_with_own_pull_requests_are_pinned(acme: Organization, alice: User, profile: Profile) -> None:
    at = NOW - timedelta(days=5)
    with tenant(acme.id):
        bob, other = person(acme, profile.user), person(acme, alice)
    merge_pull(acme, bob, at, "acme/mine")
    merge_pull(acme, other, at, "acme/hers")
    with tenant(acme.id):
        ids = dict(Repository.objects.filter(organization=acme).values_list("full_name", "id"))
    actions.pin(profile=profile, repositories=[(acme.id, ids["acme/mine"])] * 2, now=NOW)
    assert stored(profile).pinned == [{"organization": acme.id, "repository": ids["acme/mine"]}]
    for foreign in ((acme.id, ids["acme/hers"]), (acme.id + 1, ids["acme/mine"]), (acme.id, 0)):
        with pytest.raises(ValidationError):
            actions.pin(profile=profile, repositories=[foreign], now=NOW)
    with pytest.raises(ValidationError):
        actions.pin(profile=profile, repositories=[(acme.id, number) for number in range(7)], now=NOW)


def test_publishing_stands_in_the_audit_of_the_organizations_whose_work_counts(
    acme: Organization, globex: Organization, profile: Profile, bob: User
) -> None:
    member(globex, bob)
    Organization.objects.filter(id=globex.id).update(allows_publication=False)
    for _ in range(2):
        actions.publish(profile=profile, by=bob, now=NOW)
    found = profile_by_handle("bob")
    assert found
    assert found.is_published
    for _ in range(2):
        actions.unpublish(profile=profile, by=bob, now=LATER)
    assert profile_by_handle("bob") is None
    told = {}
    for organization in (acme, globex):
        with tenant(organization.id):
            rows = AuditEntry.objects.filter(organization=organization, object_type="profile").order_by("id")
            told[organization.slug] = list(rows.values_list("action", "object_label"))
    assert told == {"acme": [("profile.published", "@bob"), ("profile.unpublished", "@bob")], "globex": []}


def test_a_profile_of_somebody_who_was_switched_off_is_not_found(profile: Profile, bob: User) -> None:
    actions.publish(profile=profile, by=bob, now=NOW)
    User.objects.filter(id=bob.id).update(is_active=False)
    assert profile_by_handle("bob") is None
