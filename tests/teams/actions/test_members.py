from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from codecard.lib.tenant import tenant
from teams import actions
from teams.keys import Scope
from teams.models import AuditEntry, Contributor, Invitation, Key, KeyKind, Membership, Organization, Role, User
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def membership(organization: Organization, user: User) -> Membership:
    with tenant(organization.id):
        return Membership.objects.select_related("organization", "user").get(user=user)


def newest(organization: Organization) -> AuditEntry:
    with tenant(organization.id):
        return AuditEntry.objects.latest("id")


def test_a_role_is_changed_once(acme: Organization, owner: User, bob: User) -> None:
    for _ in range(2):
        actions.change_role(membership=membership(acme, bob), role=Role.LEAD, by=owner, now=NOW)
    assert membership(acme, bob).role == Role.LEAD
    with tenant(acme.id):
        entry = AuditEntry.objects.get(action="member.role_changed")
    assert entry.details == {"before": {"role": "developer"}, "after": {"role": "lead"}}
    assert entry.actor_id == owner.id


def test_an_admin_neither_makes_nor_unmakes_an_owner(acme: Organization, owner: User, bob: User) -> None:
    admin = factories.make_member(acme, Role.ADMIN).user
    factories.make_member(acme, Role.OWNER)
    with pytest.raises(actions.OwnersOnlyError):
        actions.change_role(membership=membership(acme, bob), role=Role.OWNER, by=admin, now=NOW)
    for end in (actions.deactivate_member, actions.remove_member):
        with pytest.raises(actions.OwnersOnlyError):
            end(membership=membership(acme, owner), by=admin, now=NOW)
    assert membership(acme, owner).role == Role.OWNER


def test_the_last_owner_stays_one(acme: Organization, owner: User) -> None:
    only = membership(acme, owner)
    with pytest.raises(actions.LastOwnerError):
        actions.change_role(membership=only, role=Role.ADMIN, by=owner, now=NOW)
    for end in (actions.deactivate_member, actions.remove_member):
        with pytest.raises(actions.LastOwnerError):
            end(membership=only, by=owner, now=NOW)
    actions.change_role(membership=only, role=Role.OWNER, by=owner, now=NOW)


def test_a_deactivated_owner_does_not_count_as_one(acme: Organization, owner: User) -> None:
    second = factories.make_member(acme, Role.OWNER)
    actions.deactivate_member(membership=second, by=owner, now=NOW)
    with pytest.raises(actions.LastOwnerError):
        actions.change_role(membership=membership(acme, owner), role=Role.ADMIN, by=owner, now=NOW)


@pytest.mark.parametrize("kind", ["demote", "remove", "deactivate", "leave"])
@pytest.mark.django_db(transaction=True)
def test_two_owners_who_end_each_other_at_once_leave_one(acme: Organization, kind: str) -> None:
    for _ in range(4):
        rows = [factories.make_member(acme, Role.OWNER) for _ in range(2)]

        def end(pair: tuple[Membership, Membership]) -> bool:
            target, by = pair
            try:
                if kind == "demote":
                    actions.change_role(membership=target, role=Role.VIEWER, by=by.user, now=NOW)
                elif kind == "deactivate":
                    actions.deactivate_member(membership=target, by=by.user, now=NOW)
                else:
                    actions.remove_member(membership=target, by=by.user, now=NOW)
            except (actions.LastOwnerError, actions.OwnersOnlyError):
                return False
            finally:
                connection.close()
            return True

        one, other = rows
        pairs = [(one, one), (other, other)] if kind == "leave" else [(one, other), (other, one)]
        with ThreadPoolExecutor(2) as threads:
            done = list(threads.map(end, pairs))
        assert sorted(done) == [False, True]
        with tenant(acme.id):
            left = Membership.objects.filter(role=Role.OWNER, is_active=True)
            assert left.count() == 1
            left.delete()


def test_deactivating_revokes_keys_and_can_be_taken_back(acme: Organization, owner: User, bob: User) -> None:
    with tenant(acme.id):
        own = factories.make_key(acme, contributor=factories.person(acme, bob)).key
    made = actions.create_key(organization=acme, kind=KeyKind.API, name="script", by=bob, now=NOW).key
    other = factories.make_key(acme).key
    for _ in range(2):
        actions.deactivate_member(membership=membership(acme, bob), by=owner, now=NOW)
    with tenant(acme.id):
        assert set(Key.objects.filter(revoked_at=NOW)) == {own, made}
        assert Key.objects.get(id=other.id).revoked_at is None
        assert AuditEntry.objects.filter(action="member.deactivated").count() == 1
    for _ in range(2):
        actions.reactivate_member(membership=membership(acme, bob), by=owner, now=NOW)
    assert membership(acme, bob).is_active
    with tenant(acme.id):
        assert AuditEntry.objects.filter(action="member.reactivated").count() == 1


def test_whoever_is_removed_stays_the_person_that_data_know(acme: Organization, owner: User, bob: User) -> None:
    row = membership(acme, bob)
    actions.remove_member(membership=row, by=owner, now=NOW)
    assert newest(acme).action == "member.removed"
    assert newest(acme).object_id == row.id
    with tenant(acme.id):
        assert not Membership.objects.filter(user=bob).exists()
        assert Contributor.objects.filter(user=bob).exists()
    with pytest.raises(Membership.DoesNotExist):
        actions.remove_member(membership=row, by=owner, now=NOW)


def test_whoever_removes_themselves_leaves(acme: Organization, bob: User) -> None:
    actions.remove_member(membership=membership(acme, bob), by=bob, now=NOW)
    assert (newest(acme).action, newest(acme).details["before"]["role"]) == ("member.left", "developer")


def test_who_may_see_less_loses_the_tokens_that_read_more(acme: Organization, owner: User) -> None:
    admin = factories.make_member(acme, Role.ADMIN)
    with tenant(acme.id):
        person = factories.person(acme, admin.user)
    reading = factories.make_token(acme, contributor=person).key
    sending = factories.make_key(acme, contributor=person).key
    actions.change_role(membership=membership(acme, admin.user), role=Role.OWNER, by=owner, now=NOW)
    actions.change_role(membership=membership(acme, admin.user), role=Role.DEVELOPER, by=owner, now=NOW)
    with tenant(acme.id):
        assert Key.objects.get(id=reading.id).revoked_at == NOW
        assert Key.objects.get(id=sending.id).revoked_at is None


@pytest.mark.parametrize("ending", ["removed", "deactivated", "demoted"])
def test_nobody_comes_back_by_an_invitation_they_left_open(acme: Organization, owner: User, ending: str) -> None:
    admin = factories.make_member(acme, Role.ADMIN)
    made = actions.invite_by_link(organization=acme, role=Role.ADMIN, days=7, most_uses=50, by=admin.user, now=NOW)
    kept = actions.invite_by_link(organization=acme, role=Role.ADMIN, days=7, most_uses=50, by=owner, now=NOW)
    row = membership(acme, admin.user)
    if ending == "removed":
        actions.remove_member(membership=row, by=owner, now=NOW)
    elif ending == "deactivated":
        actions.deactivate_member(membership=row, by=owner, now=NOW)
    else:
        actions.change_role(membership=row, role=Role.DEVELOPER, by=owner, now=NOW)
    stranger = factories.make_user()
    with pytest.raises(actions.InvitationRefusedError):
        actions.accept_invitation(invitation=made.invitation, user=stranger, proven=set(), now=NOW)
    assert actions.accept_invitation(invitation=kept.invitation, user=stranger, proven=set(), now=NOW).is_active


def test_an_owner_who_steps_down_keeps_invitations_that_an_admin_may_make(acme: Organization, owner: User) -> None:
    other = factories.make_member(acme, Role.OWNER)
    made = {
        role: actions.invite_by_link(organization=acme, role=role, days=7, most_uses=1, by=other.user, now=NOW)
        for role in (Role.OWNER, Role.LEAD)
    }
    actions.change_role(membership=membership(acme, other.user), role=Role.ADMIN, by=owner, now=NOW)
    with tenant(acme.id):
        rows = {row.role: row.revoked_at for row in Invitation.objects.all()}
    assert rows == {Role.OWNER: NOW, Role.LEAD: None}
    assert len(made) == 2


def test_a_token_of_the_organization_ends_with_the_rights_of_who_made_it(acme: Organization, owner: User) -> None:
    admin = factories.make_member(acme, Role.ADMIN)
    token = actions.create_key(
        organization=acme, kind=KeyKind.API, name="all", scopes=Scope, by=admin.user, now=NOW
    ).key
    actions.change_role(membership=membership(acme, admin.user), role=Role.VIEWER, by=owner, now=NOW)
    with tenant(acme.id):
        assert Key.objects.get(id=token.id).revoked_at == NOW
