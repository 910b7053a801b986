"""`/me/profile/`: filling it, looking at it, publishing it and taking it back."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from codecard.lib.tenant import tenant
from events.models import Repository
from profiles.forms import FORMS
from profiles.models import Profile, Section
from profiles.views_editing import RENAMES
from teams.models import AuditEntry, Organization, User
from tests import factories
from tests.factories import person
from tests.profiles._life import merge_pull, profile_of

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()
PAGES = ("", "preview/", "publish/")


def text_of(answer: Any) -> str:
    return " ".join(strip_tags(answer.text.partition("<body>")[2] or answer.text).split())


def saved(client: Client, group: str, **fields: Any) -> Any:
    return client.post(f"/me/profile/save/{group}/", fields)


def test_visitors_are_sent_to_sign_in_and_nothing_is_kept(client: Client, bob_client: Client) -> None:
    for page in PAGES:
        assert client.get(f"/me/profile/{page}")["Location"].startswith("/accounts/login/")
        assert {"no-store", "private"} <= set(bob_client.get(f"/me/profile/{page}")["Cache-Control"].split(", "))
    for act in ("save/handle/", "publish/", "unpublish/"):
        assert client.post(f"/me/profile/{act}")["Location"].startswith("/accounts/login/")


def test_the_page_has_a_form_for_each_concern_and_is_private_at_first(bob: User, bob_client: Client) -> None:
    answer = bob_client.get("/me/profile/")
    assert "Nobody sees any of it before you publish it" in text_of(answer)
    assert all(f'action="/me/profile/save/{form.key()}/"' in answer.text for form in FORMS)
    assert Profile.objects.get(user=bob).handle == "bob"
    assert bob_client.post("/me/profile/save/nothing/").status_code == 404


def test_nobody_changes_the_profile_of_anybody_else(bob: User, charlie: User, charlie_client: Client) -> None:
    """There is no address in which another person could be named."""
    profile_of(bob, handle="bob", is_published=True)
    before = Profile.objects.filter(user=bob).values().get()
    saved(charlie_client, "about", name="Evil", bio="Evil")
    charlie_client.post("/me/profile/unpublish/")
    assert saved(charlie_client, "handle", handle="bob").status_code == 400
    assert Profile.objects.filter(user=bob).values().get() == before
    assert Profile.objects.get(user=charlie).name == "Evil"


def test_each_form_keeps_what_it_is_sent(bob: User, bob_client: Client, acme: Organization) -> None:
    with tenant(acme.id):
        me = person(acme, bob)
    merge_pull(acme, me, NOW - timedelta(days=5), "acme/secret")
    with tenant(acme.id):
        repository = Repository.objects.get(organization=acme)
    audiences = dict.fromkeys(Section.values, "public") | {"models": "me"}
    sent: dict[str, dict[str, Any]] = {
        "handle": {"handle": " Rob "},
        "about": {"name": "Rob", "bio": "Hello", "label2": "", "url2": "https://www.rob.example/"},
        "audiences": audiences,
        "pins": {"pin0": f"{acme.id}-{repository.id}"},
        "rest": {"days": ["5", "6"]},
        "organizations": {},
    }
    for group, fields in sent.items():
        assert saved(bob_client, group, **fields)["Location"] == f"/me/profile/#{group}", group
    row = Profile.objects.get(user=bob)
    assert (row.handle, row.name, row.bio, row.rest_days, row.left_out) == ("rob", "Rob", "Hello", [5, 6], [acme.id])
    assert row.links == [{"label": "rob.example", "url": "https://www.rob.example/"}]
    assert row.audiences == {"models": "me", "tokens": "public"}
    assert row.pinned == [{"organization": acme.id, "repository": repository.id}]
    assert saved(bob_client, "organizations", counted=[str(acme.id)]).status_code == 302
    answer = bob_client.get("/me/profile/")
    assert "acme/secret (private)" in text_of(answer)
    assert 'value="https://www.rob.example/"' in answer.text


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("handle", {"handle": "a--b"}, "single hyphens"),
    ("handle", {"handle": "admin"}, "reserved"),
    ("handle", {"handle": "alice"}, "taken"),
    ("about", {"url1": "javascript:alert(1)", "label1": "x"}, "whole address"),
    ("about", {"label1": "x"}, "whole address"),
    ("about", {"bio": "x" * 201}, "at most 200"),
    ("audiences", {"about": "public"}, "required"),
    ("audiences", dict.fromkeys(Section.values, "world"), "valid choice"),
    ("organizations", {"counted": ["999999"]}, "valid choice"),
    ("rest", {"days": list(range(7))}, "At most 6 days"),
    ("rest", {"days": ["8"]}, "valid choice"),
]


@pytest.mark.parametrize(("group", "fields", "words"), WRONG, ids=lambda value: str(value)[:20])
def test_what_is_wrong_is_said_and_not_kept(
    group: str, fields: dict[str, Any], words: str, bob: User, alice: User, bob_client: Client
) -> None:
    profile_of(alice, handle="alice")
    bob_client.get("/me/profile/")
    before = Profile.objects.filter(user=bob).values().get()
    answer = saved(bob_client, group, **fields)
    assert answer.status_code == 400
    assert words in text_of(answer)
    assert Profile.objects.filter(user=bob).values().get() == before


def test_handles_can_not_be_tried_one_after_the_other(bob: User, bob_client: Client) -> None:
    for number in range(RENAMES.most):
        assert saved(bob_client, "handle", handle=f"bob-{number}").status_code == 302
    refused = saved(bob_client, "handle", handle="bob-again")
    assert refused.status_code == 429
    assert "try again tomorrow" in text_of(refused)
    assert Profile.objects.get(user=bob).handle == f"bob-{RENAMES.most - 1}"


def test_publishing_asks_first_and_says_what_becomes_public(
    acme: Organization, globex: Organization, bob: User, bob_client: Client, client: Client
) -> None:
    factories.make_member(globex, user=bob)
    Organization.objects.filter(id=globex.id).update(allows_publication=False)
    with tenant(acme.id):
        me = person(acme, bob)
    merge_pull(acme, me, NOW - timedelta(days=5), "acme/secret")
    with tenant(acme.id):
        secret = Repository.objects.get(organization=acme).id
    profile_of(bob, handle="bob", pinned=[{"organization": acme.id, "repository": secret}])
    told = text_of(bob_client.get("/me/profile/publish/"))
    for words in ("Everybody sees", "Contribution graph and streaks", "Acme", "Publication is forbidden there",
                  "Their names become public: acme/secret"):  # fmt: skip
        assert words in told
    assert client.get("/@bob/").status_code == 404
    changed_at = Profile.objects.get(user=bob).changed_at.isoformat()
    assert bob_client.post("/me/profile/publish/", {"shown": changed_at})["Location"] == "/me/profile/"
    assert client.get("/@bob/").status_code == 200
    bob_client.post("/me/profile/unpublish/")
    assert client.get("/@bob/").status_code == 404
    with tenant(acme.id):
        acts = AuditEntry.objects.filter(organization=acme, object_type="profile", address="127.0.0.1")
        assert {entry.action for entry in acts} == {"profile.published", "profile.unpublished"}


def test_what_changed_since_the_question_is_asked_anew(bob: User, bob_client: Client, client: Client) -> None:
    profile_of(bob, handle="bob")
    for shown in (Profile.objects.get(user=bob).changed_at.isoformat(), ""):
        saved(bob_client, "about", name=f"Another{shown}")
        assert "Nothing was published yet" in text_of(bob_client.post("/me/profile/publish/", {"shown": shown}))
    assert client.get("/@bob/").status_code == 404


def test_the_preview_for_oneself_says_how_to_fill_what_is_empty(bob: User, bob_client: Client) -> None:
    profile_of(bob, handle="bob")
    own = text_of(bob_client.get("/me/profile/preview/?as=me"))
    for section in Section:
        assert section.label in own
    assert "Nothing of this can be seen by anybody else" in own
    for audience in ("public", "organization", "x\x00"):
        assert "Connect a tool" not in text_of(bob_client.get("/me/profile/preview/", {"as": audience}))


def test_organizations_that_forbid_publication_are_named(acme: Organization, bob_client: Client) -> None:
    assert "forbids publication" not in text_of(bob_client.get("/me/profile/"))
    Organization.objects.filter(id=acme.id).update(allows_publication=False)
    assert "Acme (forbids publication" in text_of(bob_client.get("/me/profile/"))


def test_the_page_asks_the_database_equally_often_however_much_there_is(
    acme: Organization, bob: User, bob_client: Client
) -> None:
    with tenant(acme.id):
        me = person(acme, bob)
    merge_pull(acme, me, NOW - timedelta(days=5), "acme/one")
    before = factories.queries_of(bob_client, "/me/profile/")
    for number in range(5):
        merge_pull(acme, me, NOW - timedelta(days=5), f"acme/more-{number}")
    assert factories.queries_of(bob_client, "/me/profile/") == before
