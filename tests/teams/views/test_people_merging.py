"""Two become one, and back again."""

from threading import Event, Thread

import pytest
from django.db import connection
from django.test import Client

from codecard.lib.tenant import tenant
from teams import actions
from teams.models import AuditEntry, Contributor, Identity, IdentityKind, IdentityMove, Organization, User
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
LIST = "/o/acme/people/"


@pytest.fixture
def ada(acme: Organization) -> Contributor:
    return factories.known_as(acme, "Ada", ("email", "ada@acme.example"))


@pytest.fixture
def login(acme: Organization) -> Contributor:
    """Ada as a repository knows her."""
    return factories.known_as(acme, "ada-l", ("github", "ada-l"))


@pytest.fixture
def bob_here(acme: Organization, bob: User) -> Contributor:
    with tenant(acme.id):
        return factories.person(acme, bob)


def confirm(goes: Contributor, stays: Contributor) -> str:
    return f"{LIST}{goes.id}/merge/{stays.id}/"


def owner_of(organization: Organization, value: str) -> str:
    with tenant(organization.id):
        return factories.person_by(organization, value).display_name


def moves(organization: Organization) -> list[IdentityMove]:
    with tenant(organization.id):
        return list(IdentityMove.objects.order_by("id"))


def test_the_other_one_is_searched_for_without_oneself(
    owner_client: Client, ada: Contributor, login: Contributor, globex: Organization
) -> None:
    factories.known_as(globex, "ada of globex")
    assert owner_client.get(f"{LIST}{ada.id}/merge/").context["rows"] == []
    answer = owner_client.get(f"{LIST}{ada.id}/merge/?q=ADA")
    assert [row.person for row in answer.context["rows"]] == [login]
    assert confirm(ada, login) in answer.text
    assert "Nobody found" in owner_client.get(f"{LIST}{ada.id}/merge/?q=zzz").text


def test_a_merge_shows_both_and_what_follows_before_it_happens(
    owner_client: Client, acme: Organization, ada: Contributor, login: Contributor
) -> None:
    text = owner_client.get(confirm(login, ada)).text
    for words in ("Merge ada-l into Ada?", "ada@acme.example", "GitHub login", "Ada remains", "can be undone"):
        assert words in text
    assert confirm(ada, login) in text, "a way to swap"
    assert moves(acme) == []
    answer = owner_client.post(confirm(login, ada), follow=True)
    assert answer.redirect_chain == [(f"{LIST}{ada.id}/", 302)]
    assert "ada-l is Ada now." in answer.text
    assert owner_of(acme, "ada-l") == "Ada"


def test_who_signed_in_remains_whatever_was_chosen(
    owner_client: Client, acme: Organization, login: Contributor, bob_here: Contributor
) -> None:
    text = owner_client.get(confirm(bob_here, login)).text
    assert "Merge ada-l into Bob?" in text
    assert "bob@acme.example has signed in as them" in text
    assert "remain instead" not in text
    owner_client.post(confirm(bob_here, login))
    assert owner_of(acme, "ada-l") == "Bob"


def test_two_who_signed_in_are_two_people(
    owner_client: Client, acme: Organization, bob_here: Contributor, owner: User
) -> None:
    with tenant(acme.id):
        olga = factories.person(acme, owner)
    page = owner_client.get(confirm(bob_here, olga))
    assert "are two people" in page.text
    assert page.text.count('method="post"') == 2, "only the forms of the frame: theme and signing out"
    answer = owner_client.post(confirm(bob_here, olga), follow=True)
    assert "Both have signed in, so they are two people." in answer.text
    assert moves(acme) == []


def test_a_bot_s_mark_is_told(owner_client: Client, acme: Organization, ada: Contributor) -> None:
    bot = factories.known_as(acme, "Renovate", is_bot=True)
    assert "Renovate stays a bot" in owner_client.get(confirm(ada, bot)).text


def test_the_second_click_and_the_back_button_find_it_done(
    owner_client: Client, acme: Organization, ada: Contributor, login: Contributor
) -> None:
    owner_client.post(confirm(login, ada))
    for again in (
        owner_client.post(confirm(login, ada), follow=True),
        owner_client.get(confirm(login, ada), follow=True),
        owner_client.post(confirm(ada, login), follow=True),
    ):
        assert again.redirect_chain[-1][0] == f"{LIST}{ada.id}/"
        assert "ada-l was merged into Ada. They are one person" in again.text
    assert len(moves(acme)) == 1


def test_somebody_who_was_merged_meanwhile_is_looked_at_again(
    owner_client: Client, acme: Organization, ada: Contributor, login: Contributor
) -> None:
    kim = factories.known_as(acme, "Kim", ("github", "kim"))
    actions.merge_contributors(organization=acme, loser=login, winner=kim, by=None, now=NOW)
    answer = owner_client.post(confirm(login, ada), follow=True)
    assert answer.redirect_chain[-1][0] == confirm(kim, ada)
    assert "ada-l was merged into Kim. Nothing was changed by you" in answer.text
    assert len(moves(acme)) == 1


def test_a_person_is_not_merged_with_themselves(owner_client: Client, acme: Organization, ada: Contributor) -> None:
    answer = owner_client.post(confirm(ada, ada), follow=True)
    assert "That is one person already: Ada." in answer.text
    assert moves(acme) == []


@pytest.mark.django_db(transaction=True)
def test_a_person_who_goes_while_somebody_renames_them_ends_in_words(
    owner_client: Client, acme: Organization, ada: Contributor, login: Contributor
) -> None:
    merged, may_end = Event(), Event()

    def merge_slowly() -> None:
        with tenant(acme.id):
            actions.merge_contributors(organization=acme, loser=login, winner=ada, by=None, now=NOW)
            merged.set()
            may_end.wait(timeout=10)
        connection.close()

    other_admin = Thread(target=merge_slowly)
    other_admin.start()
    assert merged.wait(timeout=10)
    # The page still sees the row, then waits for it.
    watcher = Thread(target=lambda: _when_somebody_waits(may_end))
    watcher.start()
    answer = owner_client.post(f"{LIST}{login.id}/rename/", {"name": "Ada L."}, follow=True)
    other_admin.join()
    watcher.join()
    assert "ada-l was merged into Ada. Nothing was changed by you." in answer.text
    with tenant(acme.id):
        assert set(Contributor.objects.values_list("display_name", flat=True)) >= {"Ada"}
        assert not Contributor.objects.filter(display_name="Ada L.").exists()


def _when_somebody_waits(then: Event) -> None:
    with connection.cursor() as cursor:
        for _ in range(1000):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_sleep(0.01) IS NOT NULL")
            if cursor.fetchone()[0]:
                break
    then.set()
    connection.close()


# --- changes ---------------------------------------------------------------------------------------------------------


def test_changes_tell_who_did_what_and_the_way_back(
    owner_client: Client, acme: Organization, ada: Contributor, login: Contributor, owner: User, bob: User
) -> None:
    actions.merge_contributors(organization=acme, loser=login, winner=ada, by=bob, now=NOW)
    kim = factories.known_as(acme, "Kim", ("github", "kim"))
    actions.merge_contributors(organization=acme, loser=kim, winner=ada, by=owner, now=NOW)
    page = owner_client.get(f"{LIST}changes/")
    assert [row.move.label for row in page.context["rows"]] == ["Kim into Ada", "ada-l into Ada"]
    assert ">Bob<" in page.text
    assert ">you<" in page.text
    assert page.text.count("/undo/") == 2


def test_no_changes_are_said(owner_client: Client) -> None:
    assert "Nothing was changed yet" in owner_client.get(f"{LIST}changes/").text


def test_changes_ask_as_often_for_many_as_for_few(owner_client: Client, acme: Organization, ada: Contributor) -> None:
    def merge_one(number: int) -> None:
        other = factories.known_as(acme, f"Ada {number}", ("tool_user", f"codex:{number}"))
        actions.merge_contributors(organization=acme, loser=other, winner=ada, by=None, now=NOW)

    merge_one(0)
    few = factories.queries_of(owner_client, f"{LIST}changes/")
    for number in range(1, 12):
        merge_one(number)
    assert factories.queries_of(owner_client, f"{LIST}changes/") == few


def test_a_merge_is_undone_once(
    owner_client: Client, acme: Organization, ada: Contributor, login: Contributor, owner: User
) -> None:
    owner_client.post(confirm(login, ada))
    address = f"{LIST}changes/{moves(acme)[0].id}/undo/"
    asked = owner_client.get(address)
    assert "They are two people again." in asked.text
    assert "ada-l" in asked.text
    assert owner_of(acme, "ada-l") == "Ada"
    answer = owner_client.post(address, follow=True)
    assert "is undone." in answer.text
    assert owner_of(acme, "ada-l") == "ada-l"
    assert "Undone" in answer.text
    assert address not in answer.text
    for again in (owner_client.post(address, follow=True), owner_client.get(address, follow=True)):
        assert "This was undone already." in again.text
    with tenant(acme.id):
        done = AuditEntry.objects.filter(actor=owner).order_by("id").values_list("action", flat=True)
        assert list(done) == ["contributors.merged", "contributors.undone"]


def test_what_can_t_be_undone_any_more_says_what_stands_in_the_way(
    owner_client: Client, acme: Organization, ada: Contributor, login: Contributor
) -> None:
    owner_client.post(confirm(login, ada))
    kim = factories.known_as(acme, "Kim")
    owner_client.post(confirm(ada, kim))
    answer = owner_client.post(f"{LIST}changes/{moves(acme)[0].id}/undo/", follow=True)
    assert "Undo the later change first." in answer.text
    assert owner_of(acme, "ada-l") == "Kim"


def test_a_split_is_undone(owner_client: Client, acme: Organization, ada: Contributor) -> None:
    actions.add_identity(organization=acme, contributor=ada, kind=IdentityKind.GITHUB, value="kim", now=NOW)
    with tenant(acme.id):
        chosen = Identity.objects.get(value="kim")
    owner_client.post(f"{LIST}{ada.id}/split/", {"identities": chosen.id, "name": "Kim"})
    assert owner_of(acme, "kim") == "Kim"
    address = f"{LIST}changes/{moves(acme)[0].id}/undo/"
    assert "They are one person again." in owner_client.get(address).text
    owner_client.post(address)
    assert owner_of(acme, "kim") == "Ada"


def test_only_who_manages_people_gets_in(
    bob_client: Client, charlie_client: Client, acme: Organization, ada: Contributor, login: Contributor
) -> None:
    move = actions.merge_contributors(
        organization=acme, loser=factories.known_as(acme, "Kim"), winner=ada, by=None, now=NOW
    )
    for address in (
        confirm(login, ada),
        f"{LIST}{ada.id}/merge/?q=a",
        f"{LIST}changes/",
        f"{LIST}changes/{move.id}/undo/",
    ):
        for client, status in ((bob_client, 403), (charlie_client, 404)):
            for answer in (client.get(address), client.post(address)):
                assert answer.status_code in {status, 405}
    assert len(moves(acme)) == 1


def test_what_belongs_to_other_organizations_is_not_there(
    owner_client: Client, acme: Organization, ada: Contributor, globex: Organization
) -> None:
    one, other = factories.known_as(globex, "One"), factories.known_as(globex, "Other")
    for address in (confirm(ada, one), confirm(one, ada), confirm(one, other)):
        assert owner_client.get(address).status_code == 404
        assert owner_client.post(address).status_code == 404
    move = actions.merge_contributors(organization=globex, loser=one, winner=other, by=None, now=NOW)
    assert owner_client.post(f"{LIST}changes/{move.id}/undo/").status_code == 404
