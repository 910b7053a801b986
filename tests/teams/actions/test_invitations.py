from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from codecard.lib.tenant import tenant
from teams import actions
from teams.invitations import Standing, find_invitation, masked, standing
from teams.keys import digest_of
from teams.models import AuditEntry, Invitation, Membership, Organization, Role, Team, TeamMembership, User
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def link(organization: Organization, by: User, **fields: object) -> actions.NewInvitation:
    terms = {"role": Role.DEVELOPER, "days": 7, "most_uses": 1, **fields}
    return actions.invite_by_link(organization=organization, by=by, now=NOW, **terms)  # type: ignore[arg-type]


def accept(invitation: Invitation, user: User, proven: set[str] | None = None) -> Membership:
    return actions.accept_invitation(invitation=invitation, user=user, proven=proven or set(), now=NOW)


def mail(organization: Organization) -> tuple[int, str]:
    """Which was sent, and the token that went into it."""
    tokens: list[str] = []
    sent = actions.mail_invitation(organization=organization, now=NOW, send=lambda row, token: tokens.append(token))
    assert sent
    return sent, tokens[0]


def test_only_the_digest_of_a_link_is_kept(acme: Organization, owner: User) -> None:
    made = link(acme, owner)
    found = find_invitation(made.token)
    assert found
    assert found.id == made.invitation.id
    assert bytes(found.digest) == digest_of(made.token)
    with tenant(acme.id):
        assert made.token not in str(list(AuditEntry.objects.values()))


def test_all_addresses_are_invited_or_none(acme: Organization, owner: User, bob: User) -> None:
    terms: dict[str, Any] = {"organization": acme, "role": Role.DEVELOPER, "days": 7, "by": owner, "now": NOW}
    actions.invite_addresses(addresses=["ada@acme.example"], **terms)
    for taken in ("ada@acme.example", bob.email):
        with pytest.raises(actions.AddressesTakenError) as refused:
            actions.invite_addresses(addresses=["new@acme.example", taken], **terms)
        assert refused.value.addresses == {taken}
    with tenant(acme.id):
        assert Invitation.objects.count() == 1


def test_only_an_owner_invites_an_owner(acme: Organization, owner: User) -> None:
    admin = factories.make_member(acme, Role.ADMIN).user
    with pytest.raises(actions.OwnersOnlyError):
        link(acme, admin, role=Role.OWNER)
    made = link(acme, owner, role=Role.OWNER)
    with pytest.raises(actions.OwnersOnlyError):
        actions.renew_invitation(invitation=made.invitation, by=admin, now=NOW)


def test_a_new_link_ends_the_old_one(acme: Organization, owner: User) -> None:
    made = link(acme, owner, days=1)
    again = actions.renew_invitation(invitation=made.invitation, by=owner, now=NOW + timedelta(days=3))
    assert find_invitation(made.token) is None
    found = find_invitation(again.token)
    assert found
    assert found.expires_at == NOW + timedelta(days=10)
    actions.revoke_invitation(invitation=found, by=owner, now=NOW)
    actions.revoke_invitation(invitation=found, by=owner, now=NOW)
    with pytest.raises(actions.InvitationRefusedError, match="withdrawn"):
        actions.renew_invitation(invitation=found, by=owner, now=NOW)
    with tenant(acme.id):
        assert AuditEntry.objects.filter(action="invitation.revoked").count() == 1


def test_a_mail_that_is_not_taken_changes_nothing(acme: Organization, owner: User) -> None:
    (row,) = actions.invite_addresses(
        organization=acme, addresses=["ada@acme.example"], role=Role.DEVELOPER, days=7, by=owner, now=NOW
    )

    def refuse(row: Invitation, token: str) -> None:
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        actions.mail_invitation(organization=acme, now=NOW, send=refuse)
    with tenant(acme.id):
        after = Invitation.objects.get()
    assert (after.sent_at, bytes(after.digest)) == (None, bytes(row.digest))
    sent, token = mail(acme)
    found = find_invitation(token)
    assert found
    assert found.id == sent == row.id
    assert actions.mail_invitation(organization=acme, now=NOW, send=refuse) is None


# --- accepting -------------------------------------------------------------------------------------------------------


def test_a_lead_is_invited_into_their_team(acme: Organization, owner: User, payments: Team) -> None:
    made, user = link(acme, owner, role=Role.LEAD, team=payments), factories.make_user()
    row = accept(made.invitation, user)
    assert row.role == Role.LEAD
    with tenant(acme.id):
        assert TeamMembership.objects.get(contributor__user=user).is_lead


def test_a_second_click_finds_a_member_and_uses_nothing_up(acme: Organization, owner: User) -> None:
    made, user = link(acme, owner, most_uses=2), factories.make_user()
    assert accept(made.invitation, user) == accept(made.invitation, user)
    with tenant(acme.id):
        assert Invitation.objects.get().uses == 1
        assert AuditEntry.objects.filter(action="invitation.accepted").count() == 1


def test_no_link_brings_a_deactivated_member_back(acme: Organization, owner: User, bob: User) -> None:
    with tenant(acme.id):
        row = Membership.objects.get(user=bob)
    actions.deactivate_member(membership=row, by=owner, now=NOW)
    made = link(acme, owner)
    with pytest.raises(actions.InvitationRefusedError, match="deactivated"):
        accept(made.invitation, bob)
    actions.remove_member(membership=row, by=owner, now=NOW)
    assert accept(made.invitation, bob).is_active


def test_an_invitation_for_an_address_is_for_whoever_proved_it(acme: Organization, owner: User) -> None:
    (row,) = actions.invite_addresses(
        organization=acme, addresses=["ada@acme.example"], role=Role.DEVELOPER, days=7, by=owner, now=NOW
    )
    user = factories.make_user("ada@acme.example")
    with pytest.raises(actions.InvitationRefusedError, match="another"):
        accept(row, user)
    assert accept(row, user, {"ada@acme.example"}).user == user


@pytest.mark.parametrize(("fields", "expected"), [
    ({"revoked_at": NOW}, Standing.REVOKED), ({"uses": 1}, Standing.USED), ({"expires_at": NOW}, Standing.EXPIRED),
    ({"email": "a@b.example"}, Standing.OTHER_ADDRESS), ({}, Standing.OPEN),
])  # fmt: skip
def test_what_an_invitation_is_to_a_stranger(
    acme: Organization, owner: User, fields: dict[str, object], expected: Standing
) -> None:
    row = link(acme, owner).invitation
    for name, value in fields.items():
        setattr(row, name, value)
    assert standing(row, None, set(), NOW) == expected


def test_an_address_is_shown_to_its_holder_only() -> None:
    assert masked("ada@acme.example") == "a•••@acme.example"


@pytest.mark.django_db(transaction=True)
def test_the_last_use_goes_to_one_of_two(acme: Organization, owner: User) -> None:
    for _ in range(4):
        made, users = link(acme, owner).invitation, [factories.make_user() for _ in range(2)]

        def join(user: User, made: Invitation = made) -> bool:
            try:
                return accept(made, user).is_active
            except actions.InvitationRefusedError:
                return False
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(join, users)) == [False, True]
        with tenant(acme.id):
            assert Invitation.objects.get(id=made.id).uses == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_paste_the_same_list_invite_once(acme: Organization, owner: User) -> None:
    addresses = [f"person{number}@acme.example" for number in range(20)]

    def invite(_: int) -> bool:
        try:
            actions.invite_addresses(
                organization=acme, addresses=addresses, role=Role.DEVELOPER, days=7, by=owner, now=NOW
            )
        except actions.AddressesTakenError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(invite, range(2))) == [False, True]
    with tenant(acme.id):
        assert Invitation.objects.count() == 20
