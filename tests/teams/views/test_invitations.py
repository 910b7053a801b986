import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from codecard.lib.tenant import tenant
from teams import actions, tasks
from teams.invitations import find_invitation
from teams.models import AuditEntry, Invitation, Organization, Role, Team, User
from tests import factories

pytestmark = pytest.mark.django_db
LIST = "/o/acme/settings/invitations/"
NEW, LINK = f"{LIST}new/", f"{LIST}new/link/"
TERMS = {"role": "developer", "team": "", "days": "7"}


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was asked for in the background, instead of a worker."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(tasks.send_invitations, "delay", lambda **about: found.append(about))
    return found


def made(organization: Organization) -> list[Invitation]:
    with tenant(organization.id):
        return list(Invitation.objects.select_related("team").order_by("id"))


def token_on(page: Any) -> str:
    found = re.search(r"/join/(\w+)/", page.text)
    assert found
    return found[1]


@pytest.mark.parametrize("path", [LIST, NEW, LINK])
def test_only_whoever_may_gets_there(path: str, acme: Organization, bob_client: Client, charlie_client: Client) -> None:
    for client, status in ((bob_client, 403), (charlie_client, 404)):
        assert client.get(path).status_code == status
        assert client.post(path, {**TERMS, "addresses": "a@b.example", "most_uses": 1}).status_code in {status, 405}
    assert made(acme) == []


def test_an_invitation_of_another_organization_is_not_there(
    acme: Organization, charlie: User, globex: Organization, owner_client: Client
) -> None:
    theirs = actions.invite_by_link(
        organization=globex, role=Role.VIEWER, days=7, most_uses=1, by=charlie, now=timezone.now()
    )
    for action in ("renew", "revoke"):
        assert owner_client.post(f"{LIST}{theirs.invitation.id}/{action}/").status_code == 404
    assert find_invitation(theirs.token)


def test_a_pasted_list_invites_each_once(
    acme: Organization, payments: Team, owner_client: Client, asked: list[dict[str, Any]],
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    addresses = "ada@acme.example\n\n Grace Hopper <Grace@Acme.example>, ada@ACME.example;linus@acme.example"
    form = {"addresses": addresses, "role": "lead", "team": payments.id, "days": "30"}
    with django_capture_on_commit_callbacks(execute=True):
        page = owner_client.post(NEW, form, follow=True)
    assert re.search(r"3\sinvitations made", page.text)
    assert "Not sent yet" in page.text
    rows = made(acme)
    assert [row.email for row in rows] == ["ada@acme.example", "grace@acme.example", "linus@acme.example"]
    assert {(row.role, row.team, row.most_uses) for row in rows} == {("lead", payments, 1)}
    assert asked == [{"organization_id": acme.id, "base_url": "http://testserver"}]
    with tenant(acme.id):
        entry = AuditEntry.objects.filter(action="invitation.created").earliest("id")
    assert (entry.details["role"], entry.details["team"], entry.address) == ("lead", "payments", "127.0.0.1")


def test_a_second_click_invites_nobody_twice(acme: Organization, owner_client: Client) -> None:
    form = {**TERMS, "addresses": "ada@acme.example"}
    assert owner_client.post(NEW, form).status_code == 302
    page = owner_client.post(NEW, form)
    assert page.status_code == 400
    assert "ada@acme.example is invited already." in page.text
    assert len(made(acme)) == 1


def test_what_is_wrong_is_said_for_each_line_and_nobody_is_invited(
    acme: Organization, bob: User, owner_client: Client
) -> None:
    addresses = f"good@acme.example\nno address\n{bob.email}\n=cmd@\n{'x' * 300}@acme.example"
    page = owner_client.post(NEW, {**TERMS, "addresses": addresses})
    assert page.status_code == 400
    for told in (
        "Nobody was invited yet.",
        "Line 2: “no address” is no",
        "bob@acme.example is a member",
        "Line 4",
        "Line 5",
    ):
        assert told in page.text
    assert "good@acme.example" in page.text, "what was typed is kept"
    assert made(acme) == []


def test_five_hundred_at_once_and_no_more(acme: Organization, owner_client: Client) -> None:
    addresses = [f"person{number}@acme.example" for number in range(501)]
    page = owner_client.post(NEW, {**TERMS, "addresses": "\n".join(addresses)})
    assert "501 addresses are more than the 500" in page.text
    for start in (0, 500):
        many = [f"p{start + number}@acme.example" for number in range(500)]
        assert owner_client.post(NEW, {**TERMS, "addresses": "\n".join(many)}).status_code == 302
    page = owner_client.post(NEW, {**TERMS, "addresses": "one@acme.example"})
    assert page.status_code == 429
    assert len(made(acme)) == 1000


def test_a_link_is_shown_once(acme: Organization, owner_client: Client) -> None:
    page = owner_client.post(LINK, {**TERMS, "most_uses": 20})
    found = find_invitation(token_on(page))
    assert found
    assert (found.most_uses, found.email) == (20, "")
    assert "/join/" not in owner_client.get(LIST).text
    for wrong in ("0", "501", "", "x"):
        assert owner_client.post(LINK, {**TERMS, "most_uses": wrong}).status_code == 400


def test_an_admin_invites_no_owner_and_nobody_into_a_foreign_team(
    acme: Organization, globex: Organization, owner: User, client: Client
) -> None:
    foreign = factories.make_team(globex)
    client.force_login(factories.make_member(acme, Role.ADMIN).user)
    assert 'value="owner"' not in client.get(LINK).text
    for wrong in ({"role": "owner"}, {"team": foreign.id}, {"days": "365"}):
        assert client.post(LINK, {**TERMS, "most_uses": 1, **wrong}).status_code == 400
        assert client.post(NEW, {**TERMS, "addresses": "ada@acme.example", **wrong}).status_code == 400
    assert made(acme) == []
    theirs = actions.invite_by_link(
        organization=acme, role=Role.OWNER, days=7, most_uses=1, by=owner, now=timezone.now()
    )
    assert client.post(f"{LIST}{theirs.invitation.id}/renew/").status_code == 403


def test_sending_again_and_a_new_link_end_the_old_one(
    acme: Organization, owner_client: Client, asked: list[dict[str, Any]], django_capture_on_commit_callbacks: Any
) -> None:
    old = token_on(owner_client.post(LINK, {**TERMS, "most_uses": 2}))
    (row,) = made(acme)
    page = owner_client.post(f"{LIST}{row.id}/renew/")
    assert find_invitation(old) is None
    assert find_invitation(token_on(page))
    owner_client.post(NEW, {**TERMS, "addresses": "ada@acme.example"})
    by_mail = made(acme)[-1]
    with django_capture_on_commit_callbacks(execute=True):
        assert "on its way to ada@acme.example" in owner_client.post(f"{LIST}{by_mail.id}/renew/", follow=True).text
    assert asked
    shown = token_on(owner_client.post(f"{LIST}{by_mail.id}/renew/", {"show": 1}))
    tasks.send_invitations(organization_id=acme.id, base_url="https://card.example")
    assert find_invitation(shown), "a mail on its way must not end the link that was handed over"


def test_withdrawing_asks_first_and_is_done_once(acme: Organization, owner_client: Client) -> None:
    token = token_on(owner_client.post(LINK, {**TERMS, "most_uses": 2}))
    (row,) = made(acme)
    path = f"{LIST}{row.id}/revoke/"
    assert "Withdraw this link?" in owner_client.get(path).text
    for _ in range(2):
        assert "Withdrawn" in owner_client.post(path, follow=True).text
    found = find_invitation(token)
    assert found
    assert found.revoked_at
    assert "Make a new one instead" in owner_client.post(f"{LIST}{row.id}/renew/", follow=True).text


def test_filters_by_state_and_address(acme: Organization, owner: User, owner_client: Client) -> None:
    assert "Nobody was invited yet" in owner_client.get(LIST).text
    for name, age in (("open", 0), ("expired", 9), ("revoked", 0)):
        (row,) = actions.invite_addresses(
            organization=acme, addresses=[f"{name}@acme.example"], role=Role.VIEWER, days=7, by=owner,
            now=timezone.now() - timedelta(days=age),
        )  # fmt: skip
        if name == "revoked":
            actions.revoke_invitation(invitation=row, by=owner, now=timezone.now())
    for query, expected in (
        ("?state=open", {"open"}), ("?state=expired", {"expired"}), ("?state=revoked", {"revoked"}),
        ("?state=used", set()), ("?q=EXP", {"expired"}), ("?state=x&q=%00", {"open", "expired", "revoked"}),
    ):  # fmt: skip
        page = owner_client.get(LIST + query).text
        assert {name for name in ("open", "expired", "revoked") if f"{name}@acme.example" in page} == expected, query


def test_the_number_of_queries_does_not_grow(acme: Organization, owner: User, owner_client: Client) -> None:
    def invite(count: int) -> None:
        addresses = [f"p{count}-{number}@acme.example" for number in range(count)]
        actions.invite_addresses(
            organization=acme, addresses=addresses, role=Role.VIEWER, days=7, by=owner, now=timezone.now()
        )

    invite(2)
    owner_client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        owner_client.get(LIST)
    invite(120)
    with CaptureQueriesContext(connection) as many:
        owner_client.get(f"{LIST}?page=2")
    assert len(many) == len(few) <= 16


def test_nobody_invites_without_end(acme: Organization, owner_client: Client) -> None:
    answers = {owner_client.post(LINK, {**TERMS, "most_uses": 1}).status_code for _ in range(120)}
    assert answers == {200}
    assert owner_client.post(LINK, {**TERMS, "most_uses": 1}).status_code == 429
    assert "try again later" in owner_client.post(f"{LIST}{made(acme)[0].id}/renew/", follow=True).text
