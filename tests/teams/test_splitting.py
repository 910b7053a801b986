"""One person turns out to be two, and what was decided is undone."""

import pytest

from codecard.lib.tenant import tenant
from teams import actions, queries
from teams.matching import matches_of
from teams.merging import SplitRefusedError, UndoRefusedError, merge_contributors, split_identities, undo_move
from teams.models import (
    AuditEntry,
    Contributor,
    DifferentPeople,
    Identity,
    IdentityKind,
    IdentityMove,
    Key,
    Organization,
    Role,
    TeamMembership,
    User,
)
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(acme: Organization) -> Contributor:
    """Unclaimed, known by an address and a login."""
    return known_as(acme, "Ada", ("email", "ada@acme.example"), ("github", "ada-l"))


def known_as(organization: Organization, name: str, *names: tuple[str, str]) -> Contributor:
    with tenant(organization.id):
        person = factories.make_contributor(organization, name)
    for kind, value in names:
        actions.add_identity(
            organization=organization, contributor=person, kind=IdentityKind(kind), value=value, now=NOW
        )
    return person


def identity(organization: Organization, value: str) -> Identity:
    with tenant(organization.id):
        return Identity.objects.select_related("contributor").get(organization=organization, value=value)


def split(organization: Organization, person: Contributor, *values: str, by: User | None = None) -> IdentityMove:
    chosen = [identity(organization, value) for value in values]
    return split_identities(
        organization=organization, contributor=person, identities=chosen, name="Grace", by=by, now=NOW
    )


def test_a_split_makes_an_unclaimed_person_of_the_chosen_names(
    acme: Organization, ada: Contributor, owner: User
) -> None:
    move = split(acme, ada, "ada-l", by=owner)
    moved = identity(acme, "ada-l")
    assert (moved.contributor_id, moved.is_fixed) == (move.taker_id, True)
    assert moved.contributor.display_name == "Grace"
    assert identity(acme, "ada@acme.example").contributor_id == ada.id
    with tenant(acme.id):
        entry = AuditEntry.objects.get(action="contributor.split")
    assert (entry.actor_id, entry.object_id, entry.details["identities"]) == (owner.id, ada.id, ["github:ada-l"])


def test_all_or_none_or_somebody_else_s_is_no_split(acme: Organization, ada: Contributor) -> None:
    known_as(acme, "Kim", ("github", "kim"))
    for values in ((), ("ada-l", "ada@acme.example"), ("ada-l", "kim"), ("kim",)):
        with pytest.raises(SplitRefusedError):
            split(acme, ada, *values)
    with tenant(acme.id):
        assert not IdentityMove.objects.exists()


def test_a_person_who_is_gone_can_not_be_split(acme: Organization, ada: Contributor) -> None:
    kim = known_as(acme, "Kim", ("github", "kim"))
    merge_contributors(organization=acme, loser=ada, winner=kim, by=None, now=NOW)
    with pytest.raises(SplitRefusedError, match="merged into another"):
        split(acme, ada, "ada-l")


def test_undoing_a_split_makes_one_person_again(acme: Organization, ada: Contributor) -> None:
    move = split(acme, ada, "ada-l")
    undo_move(organization=acme, move=move, by=None, now=NOW)
    back = identity(acme, "ada-l")
    assert (back.contributor_id, back.is_fixed) == (ada.id, False)
    with tenant(acme.id):
        assert not Contributor.objects.filter(id=move.taker_id).exists()


def test_undoing_twice_says_so(acme: Organization, ada: Contributor) -> None:
    move = split(acme, ada, "ada-l")
    undo_move(organization=acme, move=move, by=None, now=NOW)
    with pytest.raises(UndoRefusedError, match="undone already"):
        undo_move(organization=acme, move=move, by=None, now=NOW)


def test_undoing_a_merge_restores_names_keys_teams_and_claim(acme: Organization, bob: User, ada: Contributor) -> None:
    with tenant(acme.id):
        claimed = factories.person(acme, bob)
    both, only_bob, only_ada = (factories.make_team(acme) for _ in range(3))
    for team, person, is_lead in (
        (both, claimed, True),
        (both, ada, False),
        (only_bob, claimed, True),
        (only_ada, ada, False),
    ):
        actions.join_team(team=team, contributor=person, is_lead=is_lead, by=None, now=NOW)
    key = factories.make_key(acme, contributor=claimed).key
    theirs = factories.make_key(acme, contributor=ada).key
    move = merge_contributors(organization=acme, loser=claimed, winner=ada, by=None, now=NOW)
    with tenant(acme.id):
        assert factories.person(acme, bob).id == ada.id
    undo_move(organization=acme, move=move, by=None, now=NOW)
    with tenant(acme.id):
        restored = factories.person(acme, bob)
        assert restored.display_name == "Bob"
        assert {row.value for row in Identity.objects.filter(contributor=restored)} == {"bob@acme.example"}
        assert Key.objects.get(id=key.id).contributor_id == restored.id
        assert Key.objects.get(id=theirs.id).contributor_id == ada.id
        found = {
            person.id: set(TeamMembership.objects.filter(contributor=person).values_list("team_id", "is_lead"))
            for person in (restored, ada)
        }
        assert found == {
            restored.id: {(both.id, True), (only_bob.id, True)},
            ada.id: {(both.id, False), (only_ada.id, False)},
        }
        assert queries.contributor_of(acme, bob) == restored


def test_a_later_move_stands_in_the_way(acme: Organization, ada: Contributor) -> None:
    kim = known_as(acme, "Kim", ("github", "kim"))
    move = merge_contributors(organization=acme, loser=ada, winner=kim, by=None, now=NOW)
    later = split(acme, kim, "ada-l")
    with pytest.raises(UndoRefusedError, match="later change first"):
        undo_move(organization=acme, move=move, by=None, now=NOW)
    undo_move(organization=acme, move=later, by=None, now=NOW)
    undo_move(organization=acme, move=move, by=None, now=NOW)
    assert identity(acme, "ada-l").contributor_id == identity(acme, "ada@acme.example").contributor_id != kim.id


def test_moves_can_be_undone_one_after_the_other(acme: Organization, ada: Contributor) -> None:
    """The second undo finds the person whom the first one made again, who has another number now."""
    kim, ola = known_as(acme, "Kim", ("github", "kim")), known_as(acme, "Ola", ("github", "ola"))
    first = merge_contributors(organization=acme, loser=ada, winner=kim, by=None, now=NOW)
    second = merge_contributors(organization=acme, loser=kim, winner=ola, by=None, now=NOW)
    undo_move(organization=acme, move=second, by=None, now=NOW)
    with tenant(acme.id):
        first = IdentityMove.objects.get(id=first.id)
    undo_move(organization=acme, move=first, by=None, now=NOW)
    assert len({identity(acme, value).contributor_id for value in ("ada-l", "kim", "ola")}) == 3


def test_who_signed_in_as_the_new_person_stays_two(acme: Organization, bob: User, ada: Contributor) -> None:
    move = split(acme, ada, "ada-l")
    user = factories.make_user()
    with tenant(acme.id):
        Contributor.objects.filter(id=move.taker_id).update(user=user)
        Contributor.objects.filter(id=ada.id).update(user=factories.make_user())
    with pytest.raises(UndoRefusedError, match="two people"):
        undo_move(organization=acme, move=move, by=None, now=NOW)


def test_more_is_known_of_the_new_person_by_now(acme: Organization, ada: Contributor) -> None:
    move = split(acme, ada, "ada-l")
    with tenant(acme.id):
        new = Contributor.objects.get(id=move.taker_id)
    actions.add_identity(organization=acme, contributor=new, kind=IdentityKind.EMAIL, value="g@acme.example", now=NOW)
    with pytest.raises(UndoRefusedError, match="Merge the two instead"):
        undo_move(organization=acme, move=move, by=None, now=NOW)


def test_a_sign_in_does_not_take_back_what_an_admin_gave_to_another(
    acme: Organization, bob: User, ada: Contributor
) -> None:
    """The address is proven, but Bob is somebody here already, and an admin said whose it is."""
    split(acme, ada, "ada@acme.example")

    def claim(user: User) -> Contributor | None:
        return actions.claim_identity(
            organization=acme, user=user, kind=IdentityKind.EMAIL, value="ada@acme.example", now=NOW
        )

    assert claim(bob) is None
    newcomer = factories.make_user("ada@acme.example")
    claimed = claim(newcomer)
    assert claimed is not None
    assert claimed.user_id == newcomer.id


def test_a_released_person_is_not_claimed_again_by_itself(acme: Organization, bob: User, owner: User) -> None:
    with tenant(acme.id):
        person = factories.person(acme, bob)
    token = factories.make_token(acme, contributor=person).key
    actions.release_contributor(organization=acme, contributor=person, by=owner, now=NOW)
    claimed = actions.claim_identity(organization=acme, user=bob, kind=IdentityKind.EMAIL, value=bob.email, now=NOW)
    assert claimed is None
    with tenant(acme.id):
        own = factories.person(acme, bob)
        assert own != person
        assert not Contributor.objects.get(id=person.id).is_claimed
        assert Key.objects.get(id=token.id).revoked_at == NOW
        assert AuditEntry.objects.get(action="contributor.released").details == {"before": "Bob", "after": None}
        assert matches_of(acme) == []


def test_nobody_makes_another_s_work_their_own_while_somebody_else_could_decide(
    acme: Organization, owner: User, ada: Contributor
) -> None:
    with tenant(acme.id):
        own = factories.person(acme, owner)
    other = factories.make_member(acme, Role.ADMIN).user
    with pytest.raises(actions.MergeRefusedError, match="would become yours"):
        actions.merge_by_hand(organization=acme, loser=ada, winner=own, by=owner, now=NOW)
    actions.merge_by_hand(organization=acme, loser=ada, winner=own, by=other, now=NOW)


def test_who_is_alone_decides_about_their_own_names(acme: Organization, owner: User, ada: Contributor) -> None:
    with tenant(acme.id):
        own = factories.person(acme, owner)
    assert actions.merge_by_hand(organization=acme, loser=ada, winner=own, by=owner, now=NOW).taker_id == own.id


def test_bots_and_names_are_audited_once(acme: Organization, ada: Contributor, owner: User) -> None:
    for _ in range(2):
        actions.mark_bot(organization=acme, contributor=ada, is_bot=True, by=owner, now=NOW)
        actions.rename_contributor(organization=acme, contributor=ada, name="Ada L.", by=owner, now=NOW)
    with tenant(acme.id):
        ada.refresh_from_db()
        found = list(AuditEntry.objects.filter(action__startswith="contributor.").values_list("action", flat=True))
    assert (ada.is_bot, ada.display_name) == (True, "Ada L.")
    assert sorted(found) == ["contributor.bot", "contributor.renamed"]


def pairs(organization: Organization) -> set[tuple[int, int]]:
    with tenant(organization.id):
        return set(DifferentPeople.objects.values_list("one_id", "other_id"))


def test_who_was_told_apart_stays_so_through_merge_and_undo(acme: Organization, ada: Contributor) -> None:
    kim, ola, eve = (known_as(acme, name, ("github", name)) for name in ("kim", "ola", "eve"))
    with tenant(acme.id):
        for other in (ola, eve):
            DifferentPeople.objects.create(organization=acme, one=ada, other=other)
        DifferentPeople.objects.create(organization=acme, one=kim, other=ola)
    move = merge_contributors(organization=acme, loser=ada, winner=kim, by=None, now=NOW)
    assert pairs(acme) == {(kim.id, ola.id), (kim.id, eve.id)}
    undo_move(organization=acme, move=move, by=None, now=NOW)
    again = identity(acme, "ada-l").contributor_id
    assert pairs(acme) == {(kim.id, ola.id), (ola.id, again), (eve.id, again), (kim.id, again)}


def test_who_was_split_is_not_suggested_as_one_at_once(acme: Organization) -> None:
    both = known_as(acme, "Ada", ("email", "ada@acme.example"), ("git_author", "Ada <ada@acme.example>"))
    move = split(acme, both, "ada <ada@acme.example>")
    with tenant(acme.id):
        assert matches_of(acme) == []
    undo_move(organization=acme, move=move, by=None, now=NOW)
    assert pairs(acme) == set()
