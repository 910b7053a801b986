from typing import Any

import pytest
from django.core.exceptions import ValidationError

from codecard.lib.tenant import tenant
from teams import actions, queries
from teams.keys import Scope, digest_of
from teams.models import (
    AuditEntry,
    Contributor,
    Identity,
    IdentityKind,
    Key,
    KeyKind,
    Membership,
    Organization,
    Role,
    User,
)
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def actions_of(organization: Organization) -> list[str]:
    with tenant(organization.id):
        return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_a_new_organization_has_its_owner_and_its_audit() -> None:
    user = factories.make_user("ada@example.com", name="Ada")
    made = actions.create_organization(name="Acme Inc.", owner=user, by=user, now=NOW)
    assert made.slug == "acme-inc"
    assert made.created_at == NOW
    with tenant(made.id):
        assert Membership.objects.get().role == Role.OWNER
        assert Identity.objects.get().value == "ada@example.com"
        entry = AuditEntry.objects.earliest("id")
    assert (entry.action, entry.at, entry.actor_label) == ("organization.created", NOW, "Ada <ada@example.com>")


def test_slugs_made_of_names_never_meet() -> None:
    slugs = [actions.create_organization(name=name, by=None, now=NOW).slug for name in ("Acme", "Acme", "ACME", "…")]
    assert len(set(slugs)) == 4
    assert all(slugs)


def test_a_given_slug_that_is_taken_is_refused(acme: Organization) -> None:
    with pytest.raises(actions.SlugTakenError):
        actions.create_organization(name="Acme", slug="acme", by=None, now=NOW)


@pytest.mark.parametrize("fields", [{"time_zone": "Mars/Olympus"}, {"privacy_floor": 2}, {"retention_days": 0}])
def test_unsafe_settings_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        factories.make_organization(**fields)


def test_a_person_alone_gets_one_organization_of_their_own() -> None:
    user = factories.make_user("ada.lovelace@example.com", time_zone="Europe/London")
    made = actions.create_personal_organization(user=user, now=NOW)
    assert made is not None
    assert (made.slug, made.is_personal, made.time_zone) == ("ada-lovelace", True, "Europe/London")
    assert actions.create_personal_organization(user=user, now=NOW) is None
    assert [row.organization for row in queries.memberships_of(user)] == [made]


def test_a_member_of_something_needs_no_personal_organization(bob: User) -> None:
    assert actions.create_personal_organization(user=bob, now=NOW) is None


def test_adding_a_member_again_changes_the_role_only(acme: Organization, bob: User) -> None:
    before = actions_of(acme)
    row = factories.make_member(acme, Role.DEVELOPER, bob)
    assert actions_of(acme) == before
    again = factories.make_member(acme, Role.LEAD, bob)
    assert (again.id, again.role) == (row.id, Role.LEAD)
    assert actions_of(acme) == [*before, "member.added"]
    with tenant(acme.id):
        assert Contributor.objects.filter(user=bob).count() == 1


def test_a_new_member_is_whom_data_knew_by_the_address(acme: Organization) -> None:
    with tenant(acme.id):
        known = factories.make_contributor(acme)
    actions.add_identity(
        organization=acme, contributor=known, kind=IdentityKind.EMAIL, value="ada@acme.example", now=NOW
    )
    user = factories.make_user("Ada@acme.example", name="Ada")
    factories.make_member(acme, user=user)
    with tenant(acme.id):
        person = factories.person(acme, user)
    assert (person.id, person.display_name) == (known.id, "Ada")


def test_who_has_a_contributor_already_takes_the_claimed_one_in(acme: Organization, bob: User) -> None:
    with tenant(acme.id):
        known, own = factories.make_contributor(acme), factories.person(acme, bob)
    actions.add_identity(organization=acme, contributor=known, kind=IdentityKind.GITHUB, value="bob", now=NOW)
    claimed = actions.claim_identity(organization=acme, user=bob, kind=IdentityKind.GITHUB, value="BOB", now=NOW)
    assert claimed == own
    with tenant(acme.id):
        assert not Contributor.objects.filter(id=known.id).exists()


def test_what_somebody_else_claimed_stays_theirs(acme: Organization, alice: User, bob: User) -> None:
    claim: dict[str, Any] = {
        "organization": acme,
        "kind": IdentityKind.EMAIL,
        "value": "alice@acme.example",
        "now": NOW,
    }
    assert actions.claim_identity(user=bob, **claim) is None
    with tenant(acme.id):
        assert actions.claim_identity(user=alice, **claim) == factories.person(acme, alice)


def test_a_member_who_leaves_takes_their_keys_along(acme: Organization, alice: User, bob: User) -> None:
    with tenant(acme.id):
        person = factories.person(acme, bob)
        membership = Membership.objects.get(user=bob)
    own = factories.make_key(acme, contributor=person).key
    made = actions.create_key(organization=acme, kind=KeyKind.API, name="script", by=bob, now=NOW).key
    other = factories.make_key(acme).key
    actions.remove_member(membership=membership, by=alice, now=NOW)
    with tenant(acme.id):
        assert set(Key.objects.filter(revoked_at=NOW)) == {own, made}
        assert Key.objects.get(id=other.id).revoked_at is None
    assert queries.memberships_of(bob) == []


def test_the_last_owner_can_not_leave(acme: Organization, owner: User) -> None:
    with tenant(acme.id):
        membership = Membership.objects.get(user=owner)
    with pytest.raises(actions.LastOwnerError):
        actions.remove_member(membership=membership, by=owner, now=NOW)
    factories.make_member(acme, Role.OWNER)
    actions.remove_member(membership=membership, by=owner, now=NOW)
    assert queries.memberships_of(owner) == []


def test_a_key_is_stored_as_its_digest(acme: Organization, alice: User) -> None:
    key, secret = actions.create_key(organization=acme, kind=KeyKind.INGEST, name="CI", by=alice, now=NOW)
    found = queries.key_by_digest(digest_of(secret))
    assert found == key
    assert key.prefix == secret[:8]
    assert "key.created" in actions_of(acme)


def test_a_key_is_revoked_once(acme: Organization) -> None:
    key = factories.make_key(acme).key
    for _ in range(2):
        actions.revoke_key(key=key, by=None, now=NOW)
    assert actions_of(acme).count("key.revoked") == 1
    assert not key.is_usable(NOW)


def test_a_time_zone_applies_from_now_on_and_is_heard_of(acme: Organization) -> None:
    before = Organization.objects.get(id=acme.id).identity_epoch
    actions.change_time_zone(of=acme, time_zone="Asia/Tokyo", by=None, now=NOW)
    changed = Organization.objects.get(id=acme.id)
    assert (changed.time_zone, changed.identity_epoch) == ("Asia/Tokyo", before + 1)
    with pytest.raises(ValidationError):
        actions.change_time_zone(of=acme, time_zone="", by=None, now=NOW)


def test_a_lead_leads_by_team_and_by_role(acme: Organization, alice: User, bob: User, payments: Any) -> None:
    with tenant(acme.id):
        assert queries.teams_led_by(acme, alice) == {payments.id}
        actions.join_team(team=payments, contributor=factories.person(acme, bob), is_lead=True, by=None, now=NOW)
        assert queries.teams_led_by(acme, bob) == set()


def test_provisioning_finds_or_makes_and_gives_new_keys() -> None:
    first = actions.provision(slug="load", email="ci@example.com", role=Role.OWNER, now=NOW)
    second = actions.provision(slug="load", email="CI@example.com", role=Role.OWNER, now=NOW)
    assert (first.organization, first.user) == (second.organization, second.user)
    assert len({first.ingest_key, first.api_token, second.ingest_key, second.api_token}) == 4
    token = queries.key_by_digest(digest_of(second.api_token))
    assert token is not None
    assert token.scopes == [str(scope) for scope in Scope]
    assert token.contributor_id is not None
