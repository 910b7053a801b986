from itertools import combinations

import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings
from redis.exceptions import ConnectionError as RedisConnectionError

from codecard.lib.tenant import tenant
from events.sample import creating
from teams import actions, matching
from teams.matching import CONTRADICTED, MOST_ALIKE, NAME, RULES, Known, Match, Strength, alike, matches_of
from teams.models import Contributor, DifferentPeople, Identity, IdentityKind, Organization, User
from tests import factories
from tests.factories import NOW

ADDRESS, LOGIN, AUTHOR = "email", "github", "git_author"
CERTAIN, LIKELY, POSSIBLE = Strength


def pair(*sides: tuple[str, str], claimed: tuple[bool, bool] = (False, False)) -> list[Match]:
    """Two people with one name each; called nothing unless that is the name."""
    return alike(
        Known(number, claimed[number], ((NAME, ""), side) if side[0] != NAME else (side,))
        for number, side in enumerate(sides)
    )


@pytest.mark.parametrize(
    ("one", "other", "strength", "word"),
    [
        ((ADDRESS, "ada@acme.example"), (AUTHOR, "Ada L. <ada@acme.example>"), CERTAIN, "same address"),
        ((ADDRESS, "ada@acme.example"), (AUTHOR, "ada@acme.example"), CERTAIN, "same address"),
        ((AUTHOR, "Ada <ada@acme.example>"), (AUTHOR, "A. Love <ada@acme.example>"), CERTAIN, "same address"),
        (
            (AUTHOR, "Ada <1+ada-l@users.noreply.github.com>"),
            (ADDRESS, "ada-l@users.noreply.github.com"),
            CERTAIN,
            "same login",
        ),
        ((AUTHOR, "12345+ada-l@users.noreply.github.com"), (LOGIN, "ada-l"), CERTAIN, "GitHub's own address"),
        ((ADDRESS, "ada-l@users.noreply.github.com"), (LOGIN, "ada-l"), CERTAIN, "GitHub's own address"),
        ((ADDRESS, "ada.love@acme.example"), (LOGIN, "ada-love"), LIKELY, "begins like the GitHub login"),
        ((ADDRESS, "ada.love@acme.example"), (ADDRESS, "ada_love@home.example"), LIKELY, "begin alike"),
        ((ADDRESS, "ada.love+git@acme.example"), (ADDRESS, "adalove@home.example"), LIKELY, "begin alike"),
        ((NAME, "Ada Löve"), (NAME, "love, ADA"), LIKELY, "same name"),
        ((NAME, "Ada Love"), (ADDRESS, "love.ada@acme.example"), LIKELY, "same name"),
        ((NAME, "Ada Love"), (LOGIN, "ada-love"), LIKELY, "same name"),
        ((ADDRESS, "jdoe@acme.example"), (LOGIN, "jdoe"), LIKELY, "begins like the GitHub login"),
        ((NAME, "Søren Ołów"), (NAME, "soren olow"), LIKELY, "same name"),
        ((NAME, "Pat O'Brien"), (ADDRESS, "pat.obrien@acme.example"), LIKELY, "same name"),
        ((NAME, "Dev Patel"), (LOGIN, "dev-patel"), LIKELY, "same name"),
        ((NAME, "Ada Loveday"), (LOGIN, "aloveday"), POSSIBLE, "initial and last name"),
        ((NAME, "Jane Doe"), (LOGIN, "jdoe"), POSSIBLE, "initial and last name"),
        ((NAME, "Jane Doe"), (AUTHOR, "j.doe@acme.example"), POSSIBLE, "initial and last name"),
    ],
)
def test_looks_like_one_person(one: tuple[str, str], other: tuple[str, str], strength: Strength, word: str) -> None:
    for sides in ((one, other), (other, one)):
        (match,) = pair(*sides)
        assert (match.one_id, match.other_id, match.strength) == (0, 1, strength)
        assert any(word in reason for reason in match.reasons)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((ADDRESS, "info@acme.example"), (AUTHOR, "info@acme.example")),
        ((ADDRESS, "build.team@acme.example"), (ADDRESS, "build.team@other.example")),
        ((ADDRESS, "ada@acme.example"), (ADDRESS, "ada@home.example")),
        ((ADDRESS, "noreply@github.com"), (AUTHOR, "GitHub <noreply@github.com>")),
        ((ADDRESS, "dev@acme.example"), (AUTHOR, "dev@acme.example")),
        ((ADDRESS, "dev.test@acme.example"), (AUTHOR, "dev.test@acme.example")),
        ((ADDRESS, "dev.team@acme.example"), (AUTHOR, "dev.team@acme.example")),
        ((ADDRESS, "no-reply@acme.example"), (AUTHOR, "no-reply@acme.example")),
        ((ADDRESS, "do_not.reply@acme.example"), (AUTHOR, "do_not.reply@acme.example")),
        ((ADDRESS, "ada@localhost"), (AUTHOR, "Ada <ada@localhost>")),
        ((AUTHOR, "ubuntu <ubuntu@a.example>"), (AUTHOR, "ubuntu <ubuntu@b.example>")),
        ((AUTHOR, "renovate <29+renovate@users.noreply.github.com>"), (LOGIN, "renovate")),
        ((NAME, "Key “laptop of Ada”"), (NAME, "Key “laptop of Ada”")),
        ((NAME, "Ada"), (NAME, "Ada")),
        ((NAME, "Build Bot"), (NAME, "Build Bot")),
        ((NAME, "Ada Love"), (NAME, "Ada Hate")),
        ((LOGIN, "ada"), (ADDRESS, "ada@acme.example")),
        (("tool_user", "codex:device-1"), ("tool_user", "codex:device-1")),
        (("key", "7"), ("key", "7")),
    ],
)
def test_does_not_look_like_one_person(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert pair(one, other) == []


def test_two_who_signed_in_are_two() -> None:
    names = ((NAME, "Ada Love"), (NAME, "Ada Love"))
    assert pair(*names, claimed=(True, True)) == []
    assert pair(*names, claimed=(True, False)) != []


def test_several_reasons_are_one_match_and_the_strongest_counts() -> None:
    names = ((ADDRESS, "ada.love@acme.example"), (NAME, "Ada Love")), ((AUTHOR, "Ada Love <ada.love@acme.example>"),)
    (match,) = alike(Known(number, False, tuple(names[number])) for number in range(2))
    assert match.strength == CERTAIN
    assert len(match.reasons) == len(set(match.reasons)) > 1


def test_one_address_is_not_said_to_begin_like_itself() -> None:
    (match,) = pair((ADDRESS, "adalove@acme.example"), (AUTHOR, "adalove@acme.example"))
    assert match.reasons == ("the author of commits has the same address",)


def test_a_common_name_says_nothing() -> None:
    people = [Known(number, False, ((NAME, "Jan Novak"),)) for number in range(MOST_ALIKE + 1)]
    assert alike(people) == []
    assert len(alike(people[1:])) == MOST_ALIKE * (MOST_ALIKE - 1) // 2


CLAIMS = (((ADDRESS, "ada@acme.example"),), True), (((ADDRESS, "kim@acme.example"),), True)
SHARED_MACHINE = ((AUTHOR, "Ada <ada@acme.example>"), (AUTHOR, "Kim <kim@acme.example>")), False


def doubted(*people: tuple[tuple[tuple[str, str], ...], bool], refused: set[tuple[int, int]]) -> list[Match]:
    known = [Known(number, is_claimed, names) for number, (names, is_claimed) in enumerate(people)]
    return matching._doubted(alike(known), {one.id for one in known if one.is_claimed}, refused)


def test_what_cannot_all_be_true_is_not_certain() -> None:
    """A machine that two members commit from: it can be one's or the other's, and nobody but an admin knows whose."""
    apart: list[tuple[tuple[tuple[str, str], ...], bool]] = [(names, False) for names, _ in CLAIMS]
    for found in (
        doubted(*CLAIMS, SHARED_MACHINE, refused=set()),
        doubted(*apart, SHARED_MACHINE, refused={(0, 1)}),
    ):
        assert [match[:3] for match in found] == [(0, 2, POSSIBLE), (1, 2, POSSIBLE)]
        assert all(match.reasons[-1] == CONTRADICTED for match in found)
    assert {match.strength for match in doubted(*apart, SHARED_MACHINE, refused=set())} == {CERTAIN}


def test_what_is_doubted_comes_after_what_is_not() -> None:
    sure = (((ADDRESS, "jan@acme.example"),), False), (((AUTHOR, "Jan <jan@acme.example>"),), False)
    found = doubted(*CLAIMS, SHARED_MACHINE, *sure, refused=set())
    assert [match[:3] for match in found] == [(3, 4, CERTAIN), (0, 2, POSSIBLE), (1, 2, POSSIBLE)]


# --- against a reference that compares everybody with everybody ------------------------------------------------------

_WORDS = st.sampled_from(["ada", "love", "Löve", "kim", "build", "jan", "novakova", "x"])
_VALUES = {
    NAME: st.lists(_WORDS, max_size=3).map(" ".join),
    ADDRESS: st.lists(_WORDS, min_size=1, max_size=3)
    .map(".".join)
    .flatmap(lambda local: st.sampled_from([f"{local}@a.test", f"{local}@b.test"])),
    LOGIN: st.lists(_WORDS, min_size=1, max_size=2).map("-".join),
    AUTHOR: st.lists(_WORDS, min_size=1, max_size=2).map(lambda words: f"{' '.join(words)} <{'.'.join(words)}@a.test>"),
}
_NAMES = st.sampled_from(list(_VALUES)).flatmap(lambda kind: st.tuples(st.just(kind), _VALUES[kind]))
_PEOPLE = st.lists(st.tuples(st.booleans(), st.lists(_NAMES, max_size=3)), max_size=MOST_ALIKE)


@given(_PEOPLE)
def test_finds_what_comparing_everybody_finds(drawn: list[tuple[bool, list[tuple[str, str]]]]) -> None:
    people = [Known(number, is_claimed, tuple(names)) for number, (is_claimed, names) in enumerate(drawn)]
    expected = {
        (one.id, other.id): _reasons([rule for rule in RULES if _meets(rule, one, other) or _meets(rule, other, one)])
        for one, other in combinations(people, 2)
        if not (one.is_claimed and other.is_claimed)
    }
    found = {(match.one_id, match.other_id): set(match.reasons) for match in alike(people)}
    assert found == {both: reasons for both, reasons in expected.items() if reasons}


def _reasons(rules: list[matching.Rule]) -> set[str]:
    return {rule.reason for place, rule in enumerate(rules) if place == 0 or not rule.is_said_alone}


def _meets(rule: matching.Rule, one: Known, other: Known) -> bool:
    left = {rule.left[kind](value) for kind, value in one.names if kind in rule.left}
    right = {rule.right[kind](value) for kind, value in other.names if kind in rule.right}
    return bool((left & right) - {""})


# --- in an organization ----------------------------------------------------------------------------------------------


def known_as(organization: Organization, *names: tuple[str, str], called: str = "") -> Contributor:
    with tenant(organization.id):
        person = factories.make_contributor(organization, called)
    for kind, value in names:
        actions.add_identity(
            organization=organization, contributor=person, kind=IdentityKind(kind), value=value, now=NOW
        )
    return person


def found_in(organization: Organization) -> list[Match]:
    with tenant(organization.id):
        return matches_of(organization)


@pytest.mark.django_db
def test_who_signed_in_comes_first_and_three_alike_are_two_matches(acme: Organization, bob: User) -> None:
    with tenant(acme.id):
        bob_as_data = factories.person(acme, bob)
    login = known_as(acme, (LOGIN, "bob-builder"), (ADDRESS, "bob.builder@home.example"))
    other = known_as(acme, (AUTHOR, "bob@acme.example"), (ADDRESS, "bob.builder@else.example"))
    matches = found_in(acme)
    assert len(matches) == 2
    assert {number for match in matches for number in match[:2]} == {bob_as_data.id, login.id, other.id}
    assert matches[0][:3] == (*sorted((bob_as_data.id, other.id)), CERTAIN)


@pytest.mark.django_db
def test_bots_and_who_was_said_to_be_another_are_left_out(acme: Organization) -> None:
    one, other = known_as(acme, called="Ada Love"), known_as(acme, called="Ada Love")
    bot = known_as(acme, called="Ada Love")
    actions.mark_bot(organization=acme, contributor=bot, is_bot=True, by=None, now=NOW)
    assert [match[:2] for match in found_in(acme)] == [(one.id, other.id)]
    with tenant(acme.id):
        DifferentPeople.objects.create(organization=acme, one=one, other=other)
    assert found_in(acme) == []


@pytest.mark.django_db
def test_what_is_remembered_is_forgotten_when_somebody_comes_or_is_merged(acme: Organization) -> None:
    one = known_as(acme, called="Ada Love")
    assert found_in(acme) == []
    other = known_as(acme, called="Ada Love")
    assert len(found_in(acme)) == 1
    actions.merge_contributors(organization=acme, loser=other, winner=one, by=None, now=NOW)
    assert found_in(acme) == []


@pytest.mark.django_db
def test_a_new_name_is_seen_at_once(acme: Organization) -> None:
    known_as(acme, called="Ada Love")
    other = known_as(acme, called="Somebody Else")
    assert found_in(acme) == []
    actions.rename_contributor(organization=acme, contributor=other, name="Ada Love", by=None, now=NOW)
    assert len(found_in(acme)) == 1


@pytest.mark.django_db
def test_who_matches_two_members_is_for_an_admin_to_decide(acme: Organization, alice: User, bob: User) -> None:
    machine = known_as(acme, (AUTHOR, "alice@acme.example"), (AUTHOR, "bob@acme.example"))
    with tenant(acme.id):
        members = {factories.person(acme, user).id for user in (alice, bob)}
    for _ in range(2):  # as found, and as remembered
        found = found_in(acme)
        assert {match.strength for match in found} == {POSSIBLE}
        assert {number for match in found for number in match[:2]} == {machine.id, *members}


@pytest.mark.django_db
def test_another_organization_s_people_are_nobody(acme: Organization, globex: Organization) -> None:
    known_as(acme, called="Ada Love")
    known_as(globex, called="Ada Love")
    assert found_in(acme) == found_in(globex) == []


@pytest.mark.django_db
def test_a_name_that_belongs_to_another_now_is_seen_at_once(acme: Organization) -> None:
    one, other = known_as(acme, (ADDRESS, "ada.love@acme.example")), known_as(acme)
    third = known_as(acme, (LOGIN, "ada-love"))
    assert [match[:2] for match in found_in(acme)] == [(one.id, third.id)]
    with tenant(acme.id):
        Identity.objects.filter(contributor=one).update(contributor=other)
    assert [match[:2] for match in found_in(acme)] == [(other.id, third.id)]


@pytest.mark.django_db
def test_without_the_cache_the_same_is_found(acme: Organization, settings: Settings) -> None:
    one, other = known_as(acme, called="Ada Love"), known_as(acme, called="Ada Love")
    nowhere = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": nowhere}
    with pytest.raises(RedisConnectionError):
        cache.get("anything")
    assert [match[:2] for match in found_in(acme)] == [(one.id, other.id)]


@pytest.mark.django_db
def test_everybody_whom_an_admin_of_the_sample_has_to_find_is_found() -> None:
    sample = creating.create(now=NOW)
    with tenant(sample.id):
        people = Contributor.objects.filter(organization=sample)
        members = set(people.exclude(user=None).values_list("id", flat=True))
        named = people.filter(user=None, is_bot=False, identities__kind__in=[ADDRESS, LOGIN, AUTHOR])
        unknown = set(named.values_list("id", flat=True))
    matches = found_in(sample)
    assert [match.strength for match in matches] == [CERTAIN, LIKELY, LIKELY]
    assert {number for match in matches for number in match[:2]} - members == unknown
    assert all(members & set(match[:2]) for match in matches)


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 30])
def test_the_number_of_queries_does_not_grow(
    acme: Organization, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        known_as(acme, (ADDRESS, f"person.number{number}@acme.example"), (LOGIN, f"person-number{number}"))
    with tenant(acme.id):
        with django_assert_num_queries(4):
            found = matches_of(acme)
        with django_assert_num_queries(2):
            assert matches_of(acme) == found
