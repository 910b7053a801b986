"""Which contributors look like one person, and why. Suggestions for an admin; nothing is merged by them.

Each rule turns a name into a key. Two contributors with the same key, by rules that may meet, look alike; several
reasons make one match, and the strongest counts. Nobody is compared with everybody: equal keys are found by a dict.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import combinations
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db.models import Count, Max
from redis.exceptions import RedisError

from teams.models import Contributor, DifferentPeople, Identity, IdentityKind, Organization

CACHED_SECONDS = 600
MOST_ALIKE = 5
"""A key that more people share is a common name, and says nothing."""
SHORTEST_LOCAL_PART = 6
# Nobody's own: shared mailboxes and machines.
SHARED = frozenset(
    re.findall(
        r"\w+",
        "admin administrator bot bots build builds ci code contact deploy dev developer developers devops git github "
        "gitlab hello help hostmaster info it jenkins mail me noreply office ops postmaster release robot root sales "
        "service support sysadmin system team test user webmaster www",
    )
)
_NOREPLY = re.compile(r"(?:\d+\+)?([a-z0-9-]+)@users\.noreply\.github\.com")
_ADDRESS = re.compile(r"[^\s<>,;\"']+@[^\s<>,;\"']+")


class Strength(StrEnum):
    """Of a match, strongest first."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Match(NamedTuple):
    """`one_id` is the smaller. `reasons` finish the sentence "they look like one person, because …"."""

    one_id: int
    other_id: int
    strength: Strength
    reasons: tuple[str, ...]


# --- names to keys ---------------------------------------------------------------------------------------------------


def _address(value: str) -> str:
    """The e-mail address in an address, or in an author such as `Ada <ada@example.com>`; of GitHub's own none."""
    found = _ADDRESS.search(value.lower())
    return "" if found is None or _NOREPLY.fullmatch(found[0]) or _is_shared(found[0]) else found[0]


def _login_of_noreply(value: str) -> str:
    found = _NOREPLY.search(value.lower())
    return found[1] if found else ""


def _local_part(value: str) -> str:
    """Letters and digits before the @, where they are long enough to be somebody's."""
    address = _address(value)
    local = _letters(address.partition("@")[0].partition("+")[0])
    return local if len(local) >= SHORTEST_LOCAL_PART else ""


def _letters(text: str) -> str:
    return "".join(char for char in _folded(text) if char.isalnum())


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in plain if not unicodedata.combining(char))


def _words(name: str) -> list[str]:
    """Of a name or of the local part of an address; numbers left out, for they tell namesakes apart for machines."""
    author = name.partition("<")[0] or name
    plain = author.strip().rpartition("@")[0] or author if "@" in author else author
    return [word for word in re.split(r"[^\w]+|_+", _folded(plain)) if word and not word.isdigit()]


def _full_name(name: str) -> str:
    """The words in the order of the alphabet, so that "Ada Love" is "love, ada" too; at least two of them."""
    words = _words(name)
    return " ".join(sorted(words)) if len(words) > 1 and not SHARED & set(words) else ""


def _initial_and_last(name: str) -> str:
    words = _words(name)
    return f"{words[0][0]}{words[-1]}" if len(words) > 1 and len(words[-1]) > 2 and not SHARED & set(words) else ""


def _bare(value: str) -> str:
    """A login without signs, long enough to be somebody's."""
    letters = _letters(value)
    return letters if len(letters) >= SHORTEST_LOCAL_PART and letters not in SHARED else ""


def _is_shared(address: str) -> bool:
    return bool(SHARED & set(re.split(r"[^a-z0-9]+", address.partition("@")[0].partition("+")[0])))


NAME = "display_name"
"""Stands in the tables below for what a contributor is called."""


Keys = Mapping[str, Callable[[str], str]]
"""Kind of name -> what makes a key of it."""


class Rule(NamedTuple):
    """What is alike where the keys of two names are equal: one of a kind of `left`, the other of `right`."""

    left: Keys
    right: Keys
    strength: Strength
    reason: str


_EMAIL, _LOGIN, _AUTHOR = str(IdentityKind.EMAIL), str(IdentityKind.GITHUB), str(IdentityKind.GIT_AUTHOR)
_BY_ADDRESS = {_EMAIL: _local_part, _AUTHOR: _local_part}
_BY_NAME = {NAME: _full_name, _EMAIL: _full_name, _AUTHOR: _full_name, _LOGIN: _full_name}
RULES = (
    Rule({_EMAIL: _address}, {_AUTHOR: _address}, Strength.CERTAIN, "the author of commits has the same address"),
    Rule(
        {_EMAIL: _login_of_noreply, _AUTHOR: _login_of_noreply}, {_LOGIN: str.lower},
        Strength.CERTAIN, "GitHub's own address names this login",
    ),
    Rule(_BY_ADDRESS, {_LOGIN: _bare}, Strength.LIKELY, "the e-mail address begins like the GitHub login"),
    Rule(_BY_ADDRESS, _BY_ADDRESS, Strength.LIKELY, "their e-mail addresses begin alike"),
    Rule(_BY_NAME, _BY_NAME, Strength.LIKELY, "they have the same name"),
    Rule(
        {_LOGIN: _bare, _EMAIL: _local_part}, {NAME: _initial_and_last},
        Strength.POSSIBLE, "one is called by the other's initial and last name",
    ),
)  # fmt: skip
"""A tool's user id and a key match nobody by themselves: they have no names in them."""


# --- contributors to matches -----------------------------------------------------------------------------------------


class Known(NamedTuple):
    """A contributor, and every name with its kind."""

    id: int
    is_claimed: bool
    names: tuple[tuple[str, str], ...]


def matches_of(organization: Organization) -> list[Match]:
    """Strongest first. Inside the tenant. Never bots, two who both signed in, or a pair that somebody said no to."""
    refused = set(DifferentPeople.objects.filter(organization=organization).values_list("one_id", "other_id"))
    return _connecting(match for match in _found(organization) if (match.one_id, match.other_id) not in refused)


def _found(organization: Organization) -> list[Match]:
    """Remembered for some minutes, as long as nobody and no name has come, gone or changed. Without the cache it is
    found anew each time."""
    name = f"matches:{organization.id}:{_state(organization)}"
    try:
        kept: list[tuple[Any, ...]] | None = cache.get(name)
        if kept is None:
            kept = [tuple(match) for match in alike(_people(organization))]
            cache.set(name, kept, timeout=CACHED_SECONDS)
    except (RedisError, OSError):
        kept = [tuple(match) for match in alike(_people(organization))]
    return [Match(one, other, Strength(strength), tuple(reasons)) for one, other, strength, reasons in kept]


def _state(organization: Organization) -> str:
    epoch = Organization.objects.filter(id=organization.id).values_list("identity_epoch", flat=True).get()
    people = Contributor.objects.filter(organization=organization, is_bot=False)
    names = Identity.objects.filter(organization=organization)
    numbers = [*people.aggregate(Count("id"), Max("id"), Count("user")).values()]
    numbers += names.aggregate(Count("id"), Max("id")).values()
    return ":".join(map(str, [epoch, *numbers]))


def _people(organization: Organization) -> list[Known]:
    people = Contributor.objects.filter(organization=organization, is_bot=False)
    identities = Identity.objects.filter(organization=organization, kind__in=[_EMAIL, _LOGIN, _AUTHOR])
    names: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for person, kind, value in identities.values_list("contributor_id", "kind", "value"):
        names[person].append((kind, value))
    return [
        Known(number, user is not None, ((NAME, called), *names[number]))
        for number, user, called in people.order_by("id").values_list("id", "user_id", "display_name")
    ]


def alike(people: Iterable[Known]) -> list[Match]:
    """Every pair that a rule finds, strongest first, then by number. Pure."""
    known = {person.id: person for person in people}
    found: dict[tuple[int, int], list[Rule]] = defaultdict(list)
    for rule in RULES:
        for pair in _pairs(rule, known.values()):
            if rule not in found[pair] and not all(known[number].is_claimed for number in pair):
                found[pair].append(rule)
    order = list(Strength)
    matches = [
        Match(*pair, min((rule.strength for rule in rules), key=order.index), tuple(rule.reason for rule in rules))
        for pair, rules in found.items()
        if rules
    ]
    return sorted(matches, key=lambda match: (order.index(match.strength), _joins_nobody(match, known), match))


def _joins_nobody(match: Match, known: dict[int, Known]) -> bool:
    """Whoever signed in is found first: that is who the others will be merged into."""
    return not (known[match.one_id].is_claimed or known[match.other_id].is_claimed)


def _pairs(rule: Rule, people: Iterable[Known]) -> Iterator[tuple[int, int]]:
    left: dict[str, set[int]] = defaultdict(set)
    right: dict[str, set[int]] = defaultdict(set)
    for person in people:
        for kind, value in person.names:
            for side, keys in ((rule.left, left), (rule.right, right)):
                if kind in side and (key := side[kind](value)):
                    keys[key].add(person.id)
    for key, ones in left.items():
        others = right.get(key, set())
        if others and len(ones | others) <= MOST_ALIKE:
            for one, other in combinations(sorted(ones | others), 2):
                if (one in ones and other in others) or (other in ones and one in others):
                    yield one, other


def _connecting(matches: Iterable[Match]) -> list[Match]:
    """As many as it takes to connect who is alike: of three who are one, two matches, and the third pair follows."""
    leader: dict[int, int] = {}

    def leader_of(number: int) -> int:
        while (above := leader.get(number, number)) != number:
            number = above
        return number

    kept = []
    for match in matches:
        one, other = leader_of(match.one_id), leader_of(match.other_id)
        if one != other:
            leader[max(one, other)] = min(one, other)
            kept.append(match)
    return kept
