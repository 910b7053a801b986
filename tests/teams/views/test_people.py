"""The list of people, and the page of one."""

import pytest
from django.test import Client

from codecard.lib.tenant import tenant
from teams import actions
from teams.models import AuditEntry, Contributor, Identity, IdentityMove, Organization, Team, User
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
LIST = "/o/acme/people/"


@pytest.fixture
def ada(acme: Organization) -> Contributor:
    """Unclaimed, known by an address and a login."""
    person = factories.known_as(acme, "Ada", ("email", "ada@acme.example"), ("github", "ada-l"))
    with tenant(acme.id):
        Identity.objects.filter(contributor=person).update(last_seen_at=NOW, sources=["claude-code"])
    return person


def page_of(person: Contributor, rest: str = "") -> str:
    return f"{LIST}{person.id}/{rest}"


def reread(person: Contributor) -> Contributor:
    with tenant(person.organization_id):
        return Contributor.objects.get(id=person.id)


def merge(loser: Contributor, winner: Contributor, by: User | None = None) -> int:
    move = actions.merge_contributors(organization=loser.organization, loser=loser, winner=winner, by=by, now=NOW)
    return move.id


def undo(organization: Organization, move_id: int) -> None:
    with tenant(organization.id):
        move = IdentityMove.objects.get(id=move_id)
    actions.undo_move(organization=organization, move=move, by=None, now=NOW)


def audited(organization: Organization) -> list[str]:
    with tenant(organization.id):
        return list(AuditEntry.objects.exclude(actor=None).order_by("id").values_list("action", flat=True))


# --- the list --------------------------------------------------------------------------------------------------------


def test_the_list_tells_names_sources_and_when_last_seen(owner_client: Client, ada: Contributor, bob: User) -> None:
    page = owner_client.get(LIST)
    assert page.status_code == 200
    for words in ("Ada", "ada@acme.example", "ada-l", "claude-code", "1 Jun 2026", "Signed in as bob@acme.example"):
        assert words in page.text
    assert "Nobody has claimed this" in page.text
    assert '<span class="dim">(you)</span>' in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ADA-L", {"Ada"}), ("q=acme.example", {"Ada", "Bob", "Olga"}), ("q=%25", set()), ("q=olga", {"Olga"}),
        ("state=unclaimed", {"Ada"}), ("state=claimed", {"Bob", "Olga"}), ("state=bots", {"Renovate"}),
        ("state=no_team", {"Ada", "Bob", "Olga"}), ("q=a&state=bots", {"Renovate"}), ("state=nonsense&q=%00", None),
    ],
)  # fmt: skip
def test_people_are_found(
    query: str, found: set[str] | None, owner_client: Client, ada: Contributor, bob: User, acme: Organization
) -> None:
    with tenant(acme.id):
        factories.make_contributor(acme, "Renovate", is_bot=True)
    rows = owner_client.get(f"{LIST}?{query}").context["rows"]
    assert {row.person.display_name for row in rows} == ({"Ada", "Bob", "Olga", "Renovate"} if found is None else found)


def test_a_member_of_a_team_is_not_in_no_team(owner_client: Client, payments: Team) -> None:
    rows = owner_client.get(f"{LIST}?state=no_team").context["rows"]
    assert [row.person.display_name for row in rows] == ["Olga"]


def test_nobody_found_is_said(owner_client: Client) -> None:
    assert "Nobody found" in owner_client.get(f"{LIST}?q=nobody-like-this").text


def test_a_key_that_is_a_name_is_told_by_its_own(owner_client: Client, acme: Organization) -> None:
    key = factories.make_key(acme, name="Build server").key
    factories.known_as(acme, "CI", ("key", str(key.id)))
    assert f"Build server ({key.prefix}…)" in owner_client.get(f"{LIST}?q=ci").text


def test_the_list_asks_as_often_for_many_as_for_few(owner_client: Client, acme: Organization, ada: Contributor) -> None:
    few = factories.queries_of(owner_client, LIST)
    for number in range(60):
        person = factories.known_as(
            acme, f"Person {number}", ("email", f"p{number}@acme.example"), ("github", f"p{number}")
        )
        team = factories.make_team(acme) if number < 5 else None
        if team:
            actions.join_team(team=team, contributor=person, by=None, now=NOW)
    assert factories.queries_of(owner_client, LIST) == few
    assert len(owner_client.get(f"{LIST}?page=2").context["rows"]) == 12


# --- one person ------------------------------------------------------------------------------------------------------


def test_a_page_tells_identities_keys_teams_and_the_account(
    owner_client: Client, acme: Organization, bob: User, payments: Team
) -> None:
    with tenant(acme.id):
        person = factories.person(acme, bob)
    key = factories.make_key(acme, contributor=person, name="Laptop").key
    text = owner_client.get(page_of(person)).text
    for words in ("bob@acme.example", "E-mail address", "Payments", "Laptop", key.prefix, "Release from this account"):
        assert words in text
    assert "Never merged, never split" in text


def test_one_s_own_page_says_so(owner_client: Client, acme: Organization, owner: User) -> None:
    with tenant(acme.id):
        person = factories.person(acme, owner)
    assert "(you)" in owner_client.get(page_of(person)).text


def test_the_history_is_told_with_the_way_back(
    owner_client: Client, acme: Organization, ada: Contributor, owner: User
) -> None:
    other = factories.known_as(acme, "Ada L.", ("git_author", "ada l"))
    move_id = merge(other, ada, by=owner)
    text = owner_client.get(page_of(ada)).text
    assert "Merged Ada L. into Ada" in text
    assert f"/o/acme/people/changes/{move_id}/undo/" in text
    undo(acme, move_id)
    text = owner_client.get(page_of(ada)).text
    assert "Undone 1 Jun 2026" in text
    assert "/undo/" not in text


def test_a_page_asks_as_often_for_many_names_as_for_few(
    owner_client: Client, acme: Organization, ada: Contributor
) -> None:
    merge(factories.known_as(acme, "Al", ("github", "al")), ada)
    few = factories.queries_of(owner_client, page_of(ada))
    for number in range(12):
        merge(factories.known_as(acme, f"Ada {number}", ("tool_user", f"codex:{number}")), ada)
    assert factories.queries_of(owner_client, page_of(ada)) == few


def test_a_person_is_renamed(owner_client: Client, acme: Organization, ada: Contributor) -> None:
    answer = owner_client.post(page_of(ada, "rename/"), {"name": " Ada Lovelace "}, follow=True)
    assert "Ada is called Ada Lovelace now." in answer.text
    assert reread(ada).display_name == "Ada Lovelace"
    assert audited(acme) == ["contributor.renamed"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\x00b"])
def test_a_name_that_is_none_is_kept_in_the_form(name: str, owner_client: Client, ada: Contributor) -> None:
    answer = owner_client.post(page_of(ada, "rename/"), {"name": name})
    assert answer.status_code == 400
    assert "autofocus" in answer.text
    assert reread(ada).display_name == "Ada"


def test_a_bot_is_marked_once_and_taken_back(owner_client: Client, acme: Organization, ada: Contributor) -> None:
    for _ in range(2):
        answer = owner_client.post(page_of(ada, "bot/"), {"bot": "yes"}, follow=True)
        assert "Ada is a bot, and in no count of people now." in answer.text
    assert reread(ada).is_bot
    assert owner_client.post(page_of(ada, "bot/"), {"bot": "no"}, follow=True).status_code == 200
    assert not reread(ada).is_bot
    assert audited(acme) == ["contributor.bot", "contributor.bot"]


def test_a_claim_is_released_after_a_second_look(owner_client: Client, acme: Organization, bob: User) -> None:
    with tenant(acme.id):
        person = factories.person(acme, bob)
    asked = owner_client.get(page_of(person, "release/"))
    assert "Release Bob?" in asked.text
    assert reread(person).is_claimed
    assert "bob@acme.example is not Bob any more." in owner_client.post(page_of(person, "release/"), follow=True).text
    assert not reread(person).is_claimed
    again = owner_client.post(page_of(person, "release/"), follow=True)
    assert "Nobody has claimed Bob." in again.text
    assert audited(acme) == ["contributor.released"]


# --- split -----------------------------------------------------------------------------------------------------------


def identity_of(person: Contributor, value: str) -> int:
    with tenant(person.organization_id):
        return Identity.objects.get(contributor=person, value=value).id


def test_some_names_become_a_person_of_their_own(owner_client: Client, acme: Organization, ada: Contributor) -> None:
    login = identity_of(ada, "ada-l")
    assert "ada-l" in owner_client.get(page_of(ada, "split/")).text
    answer = owner_client.post(page_of(ada, "split/"), {"identities": login, "name": "Grace"}, follow=True)
    assert "Grace is a person of their own now." in answer.text
    assert [name.words for name in answer.context["row"].names] == ["ada-l"]
    assert "Split Grace from Ada" in answer.text
    # The second click of two.
    again = owner_client.post(page_of(ada, "split/"), {"identities": login, "name": "Grace"}, follow=True)
    assert "nothing to split off" in again.text
    with tenant(acme.id):
        assert Contributor.objects.filter(display_name="Grace").count() == 1


@pytest.mark.parametrize(
    ("chosen", "name", "words"),
    [
        ((), "Grace", "Choose what belongs to somebody else."),
        (("ada-l", "ada@acme.example"), "Grace", "Choose some, not all"),
        (("ada-l",), "", "This field is required."),
        (("kim",), "Grace", "belong to somebody else by now"),
    ],
)
def test_a_split_that_is_none_says_why_and_keeps_what_was_typed(
    chosen: tuple[str, ...], name: str, words: str, owner_client: Client, acme: Organization, ada: Contributor
) -> None:
    people = {"kim": factories.known_as(acme, "Kim", ("github", "kim"))}
    ids = [identity_of(people.get(value, ada), value) for value in chosen]
    answer = owner_client.post(page_of(ada, "split/"), {"identities": ids, "name": name})
    assert answer.status_code == 400
    assert words in answer.text
    assert f'value="{name}"' in answer.text or not name
    assert "autofocus" in answer.text
    with tenant(acme.id):
        assert not IdentityMove.objects.exists()


# --- who is gone, who may not ----------------------------------------------------------------------------------------

ACTIONS = ("rename/", "bot/", "split/", "release/")


def test_the_page_of_somebody_who_was_merged_leads_to_who_has_them(
    owner_client: Client, acme: Organization, ada: Contributor
) -> None:
    first, second = factories.known_as(acme, "A. L."), factories.known_as(acme, "Al", ("github", "al"))
    merge(first, second)
    merge(second, ada)
    for path in ("", "rename/", "split/", "release/", "merge/"):
        answer = owner_client.get(page_of(first, path), follow=True)
        assert answer.redirect_chain[-1][0] == page_of(ada)
        assert "A. L. was merged into Ada." in answer.text


@pytest.mark.parametrize("path", ACTIONS)
def test_what_is_done_to_somebody_who_was_merged_is_refused_in_words(
    path: str, owner_client: Client, acme: Organization, ada: Contributor
) -> None:
    gone = factories.known_as(acme, "A. L.", ("github", "al"))
    merge(gone, ada)
    answer = owner_client.post(page_of(gone, path), {"name": "X", "bot": "yes"}, follow=True)
    assert answer.redirect_chain == [(page_of(ada), 302)]
    assert "A. L. was merged into Ada. Nothing was changed by you." in answer.text
    assert not reread(ada).is_bot


def test_after_an_undo_an_old_address_leads_to_who_was_given_back(
    owner_client: Client, acme: Organization, ada: Contributor
) -> None:
    gone, nameless = factories.known_as(acme, "Al", ("github", "al")), factories.known_as(acme, "Nameless")
    for person in (gone, nameless):
        undo(acme, merge(person, ada))
        answer = owner_client.get(page_of(person), follow=True)
        assert answer.context["person"].display_name == person.display_name
        assert "given back" in answer.text


def test_after_an_undone_split_the_address_leads_to_whom_it_came_from(
    owner_client: Client, acme: Organization, ada: Contributor
) -> None:
    with tenant(acme.id):
        login = Identity.objects.get(value="ada-l")
    move = actions.split_identities(
        organization=acme, contributor=ada, identities=[login], name="Grace", by=None, now=NOW
    )
    undo(acme, move.id)
    answer = owner_client.get(f"{LIST}{move.taker_id}/", follow=True)
    assert answer.context["person"] == ada
    assert "the split was undone" in answer.text


@pytest.mark.parametrize("path", ["", *ACTIONS, "merge/", "merge/1/"])
def test_only_who_manages_people_gets_in(
    path: str, bob_client: Client, alice_client: Client, charlie_client: Client, ada: Contributor
) -> None:
    for client, status in ((bob_client, 403), (alice_client, 403), (charlie_client, 404)):
        for answer in (client.get(page_of(ada, path)), client.post(page_of(ada, path))):
            assert answer.status_code in {status, 405}


def test_the_list_is_not_for_others(bob_client: Client, charlie_client: Client) -> None:
    assert (bob_client.get(LIST).status_code, charlie_client.get(LIST).status_code) == (403, 404)


@pytest.mark.parametrize("path", ["", "rename/", "split/", "release/", "merge/"])
def test_people_of_other_organizations_and_nobody_are_not_there(
    path: str, owner_client: Client, globex: Organization
) -> None:
    foreign = factories.known_as(globex, "Foreign", ("github", "f"))
    assert owner_client.get(page_of(foreign, path)).status_code == 404
    assert owner_client.get(f"{LIST}{10**30}/{path}").status_code == 404
