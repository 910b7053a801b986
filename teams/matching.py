"""Which contributors look like one person, and why. Suggestions for an admin; nothing is merged by them.

Each rule turns a name into a key. Two contributors with the same key, by rules that may meet, look alike; several
reasons make one match, and the strongest counts. Nobody is compared with everybody: equal keys are found by a dict.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from itertools import combinations
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db.models import Count, DecimalField, Func, Max, OuterRef, QuerySet, Subquery, Sum, TextField
from django.db.models.functions import Cast, JSONArray
from redis.exceptions import RedisError

from teams.models import Contributor, DifferentPeople, Identity, IdentityKind, Organization

CACHED_SECONDS = 600
MOST_ALIKE = 5
"""A key that more people share is a common name, and says nothing."""
SHORTEST_LOCAL_PART = 6
SHORTEST_LOGIN = 4
"""Where a login and an address have it in one organization, "jdoe" is enough; "ada" isn't."""
# First names and words of family names too: nobody's only where no other word stands beside them.
SHARED_ALONE = frozenset({"code", "dev", "hello", "info", "it", "mail", "me", "test"})
# Nobody's own: shared mailboxes and machines.
SHARED = frozenset(
    re.findall(
        r"\w+",
        "actions admin administrator bot bots build builds ci code contact copilot dependabot deploy dev developer "
        "developers devops git github gitlab hello help hostmaster info it jenkins mail me nobody office ops "
        "postmaster release renovate robot root sales service support sysadmin system team test ubuntu unknown user "
        "webmaster www",
    )
)
_NOREPLY = re.compile(r"(?:\d+\+)?([a-z0-9-]+)@users\.noreply\.github\.com")
# A host without a dot is any machine's: root@localhost.
_ADDRESS = re.compile(r"[^\s<>,;\"'@]+@[^\s<>,;\"'@]+\.[^\s<>,;\"'@.]+")
_SIGNS = re.compile(r"[\W_]+")
_NO_ANSWERS = ("noreply", "donotreply")
# Letters that are no other letter with an accent, and apostrophes.
_UNFOLDED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "’": "", "'": ""})


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


@lru_cache(maxsize=1 << 15)
def _address(value: str) -> str:
    """The e-mail address in an address, or in an author such as `Ada <ada@example.com>`; of GitHub's own none."""
    found = _ADDRESS.search(value.lower())
    return "" if found is None or _NOREPLY.fullmatch(found[0]) or _is_shared(found[0]) else found[0]


def _login_of_noreply(value: str) -> str:
    found = _NOREPLY.search(value.lower())
    return found[1] if found and not _is_shared(found[1]) else ""


def _local_part(value: str) -> str:
    """Letters and digits before the @, where they are long enough to be somebody's."""
    address = _address(value)
    local = _letters(address.partition("@")[0].partition("+")[0])
    return local if len(local) >= SHORTEST_LOCAL_PART else ""


def _letters(text: str) -> str:
    return _SIGNS.sub("", _folded(text))


def _folded(text: str) -> str:
    plain = text.casefold().translate(_UNFOLDED) if "'" in text or not text.isascii() else text.casefold()
    if plain.isascii():
        return plain
    return "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))


def _words(name: str) -> list[str]:
    """Of a name or of the local part of an address; numbers left out, for they tell namesakes apart for machines. What
    stands for a key is called as the key is, and "laptop" is the name of many."""
    if name.startswith("Key “"):
        return []
    author = name.partition("<")[0] or name
    plain = author.strip().rpartition("@")[0] or author if "@" in author else author
    words = [word for word in _SIGNS.split(_folded(plain)) if word and not word.isdigit()]
    return [] if _are_shared(words) else words


def _full_name(name: str) -> str:
    """The words in the order of the alphabet, so that "Ada Love" is "love, ada" too; at least two of them."""
    words = _words(name)
    return " ".join(sorted(words)) if len(words) > 1 else ""


def _initial_and_last(name: str) -> str:
    words = _words(name)
    return f"{words[0][0]}{words[-1]}" if len(words) > 1 and len(words[-1]) > 2 else ""


def _bare(value: str) -> str:
    """A login without signs, long enough to be somebody's."""
    letters = _letters(value)
    return letters if len(letters) >= SHORTEST_LOGIN and letters not in SHARED else ""


def _bare_local_part(value: str) -> str:
    return _bare(_address(value).partition("@")[0].partition("+")[0])


def _is_shared(address: str) -> bool:
    return _are_shared(_SIGNS.split(address.partition("@")[0].partition("+")[0]))


def _are_shared(words: list[str]) -> bool:
    shared = SHARED.intersection(words)
    return bool(shared - SHARED_ALONE) or shared.issuperset(words) or "".join(words).startswith(_NO_ANSWERS)


CONTRADICTED = "yet one of them looks as surely like somebody else, who is another person"
"""The last reason where certain ones can't all be true."""
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
    is_said_alone: bool = False
    """It tells nothing more where a rule above it was met: one address begins like itself."""


_EMAIL, _LOGIN, _AUTHOR = str(IdentityKind.EMAIL), str(IdentityKind.GITHUB), str(IdentityKind.GIT_AUTHOR)
_BY_NOREPLY = {_EMAIL: _login_of_noreply, _AUTHOR: _login_of_noreply}
_BY_ADDRESS = {_EMAIL: _local_part, _AUTHOR: _local_part}
_BY_SHORT_ADDRESS = {_EMAIL: _bare_local_part, _AUTHOR: _bare_local_part}
_BY_NAME = {NAME: _full_name, _EMAIL: _full_name, _AUTHOR: _full_name, _LOGIN: _full_name}
RULES = (
    Rule({_EMAIL: _address}, {_AUTHOR: _address}, Strength.CERTAIN, "the author of commits has the same address"),
    Rule({_AUTHOR: _address}, {_AUTHOR: _address}, Strength.CERTAIN, "both wrote commits under the same address"),
    Rule(_BY_NOREPLY, {_LOGIN: str.lower}, Strength.CERTAIN, "GitHub's own address names this login"),
    Rule(_BY_NOREPLY, _BY_NOREPLY, Strength.CERTAIN, "GitHub's own address names the same login"),
    Rule(_BY_SHORT_ADDRESS, {_LOGIN: _bare}, Strength.LIKELY, "the e-mail address begins like the GitHub login"),
    Rule(_BY_ADDRESS, _BY_ADDRESS, Strength.LIKELY, "their e-mail addresses begin alike", is_said_alone=True),
    Rule(_BY_NAME, _BY_NAME, Strength.LIKELY, "they have the same name"),
    Rule(
        {_LOGIN: _bare, **_BY_SHORT_ADDRESS}, {NAME: _initial_and_last},
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
    found, claimed = _found(organization)
    asked = [match for match in found if (match.one_id, match.other_id) not in refused]
    return _connecting(_doubted(asked, claimed, refused))


def _found(organization: Organization) -> tuple[list[Match], set[int]]:
    """Every pair, and who of them signed in. Remembered for some minutes, as long as nobody and no name has come, gone
    or changed. Without the cache it is found anew each time."""
    name = f"matches:{organization.id}:{_state(organization)}"
    try:
        kept: tuple[list[tuple[Any, ...]], set[int]] | None = cache.get(name)
        if kept is None:
            kept = _found_anew(organization)
            cache.set(name, kept, timeout=CACHED_SECONDS)
    except (RedisError, OSError):
        kept = _found_anew(organization)
    matches, claimed = kept
    return [Match(one, other, Strength(word), tuple(reasons)) for one, other, word, reasons in matches], claimed


def _found_anew(organization: Organization) -> tuple[list[tuple[Any, ...]], set[int]]:
    people = _people(organization)
    matches = alike(people)
    matched = {number for match in matches for number in (match.one_id, match.other_id)}
    return [tuple(match) for match in matches], {one.id for one in people if one.is_claimed and one.id in matched}


def _state(organization: Organization) -> str:
    """Another one whenever somebody might look like somebody else."""
    called = Sum(Func("display_name", "id", function="hashtextextended", output_field=DecimalField()))
    people = Contributor.objects.filter(organization=OuterRef("id"), is_bot=False)
    names = Identity.objects.filter(organization=OuterRef("id"))
    states = Organization.objects.filter(id=organization.id).values_list(
        "identity_epoch",
        _numbers(people, Count("id"), Max("id"), Count("user"), Cast(called, TextField())),
        _numbers(names, Count("id"), Max("id"), Sum("contributor_id")),
    )
    return ":".join(str(state) for state in states.get()).replace(" ", "")


def _numbers(rows: QuerySet[Any], *numbers: Any) -> Subquery:
    """Several numbers of the same rows, which are read once."""
    return Subquery(rows.order_by().values("organization").annotate(numbers=JSONArray(*numbers)).values("numbers"))


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
            is_said = rule in found[pair] or (rule.is_said_alone and found[pair])
            if not is_said and not all(known[number].is_claimed for number in pair):
                found[pair].append(rule)
    # Most rules ask for addresses, again and again; afterwards no process keeps them.
    _address.cache_clear()
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


def _by_key(keys: Keys, people: Iterable[Known]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for person in people:
        for kind, value in person.names:
            if kind in keys and (key := keys[kind](value)):
                found[key].add(person.id)
    return found


def _pairs(rule: Rule, people: Iterable[Known]) -> Iterator[tuple[int, int]]:
    left = _by_key(rule.left, people)
    right = left if rule.left == rule.right else _by_key(rule.right, people)
    for key, ones in left.items():
        others = right.get(key, set())
        if others and len(ones | others) <= MOST_ALIKE:
            for one, other in combinations(sorted(ones | others), 2):
                if (one in ones and other in others) or (other in ones and one in others):
                    yield one, other


def _doubted(matches: list[Match], claimed: set[int], refused: set[tuple[int, int]]) -> list[Match]:
    """What is certain one by one can't all be true where it would make one person of two who signed in, or of two who
    somebody said are two. A person has to choose then: these are possible, and come last."""
    groups = _Groups()
    for match in matches:
        if match.strength == Strength.CERTAIN:
            groups.join(match.one_id, match.other_id)
    signed_in = Counter(groups.leader_of(number) for number in claimed)
    untrue = {group for group, count in signed_in.items() if count > 1}
    untrue |= {groups.leader_of(one) for one, other in refused if groups.leader_of(one) == groups.leader_of(other)}
    is_doubted = [match.strength == Strength.CERTAIN and groups.leader_of(match.one_id) in untrue for match in matches]
    weak = [match._replace(strength=Strength.POSSIBLE, reasons=(*match.reasons, CONTRADICTED))
            for match, doubt in zip(matches, is_doubted, strict=True) if doubt]  # fmt: skip
    return [match for match, doubt in zip(matches, is_doubted, strict=True) if not doubt] + weak


def _connecting(matches: Iterable[Match]) -> list[Match]:
    """As many as it takes to connect who is alike: of three who are one, two matches, and the third pair follows."""
    groups = _Groups()
    return [match for match in matches if groups.join(match.one_id, match.other_id)]


class _Groups:
    """Who would be one person if all that was joined so far were merged."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}

    def leader_of(self, number: int) -> int:
        while (above := self._above.get(number, number)) != number:
            number = above
        return number

    def join(self, one: int, other: int) -> bool:
        """False if they were together already."""
        first, second = sorted((self.leader_of(one), self.leader_of(other)))
        self._above[second] = first
        return first != second
