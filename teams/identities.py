"""Whose fact it is: from what a tool told of its sender to a contributor.

The strongest of these decides: the account's e-mail address, the GitHub login, the person whom the key belongs to, the
tool's own user id, and at last the key itself. Never "who came first", or the order of arrival would matter.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, connection
from django.utils import timezone

from codecard.lib.tenant import tenant
from teams.identity_values import display_name, normalise, tool_user
from teams.merging import MergeRefusedError, merge_contributors
from teams.models import Contributor, Identity, IdentityKind, Key, Organization

log = logging.getLogger(__name__)


class Sender(NamedTuple):
    """What is known of who sent a fact. The key's person may be stale: the database is asked again."""

    email: str | None
    github: str | None
    user: str | None
    """The tool's own user id, unique within the tool."""
    tool: str | None
    key_id: int
    key_contributor_id: int | None


class Name(NamedTuple):
    kind: str
    value: str


class Owner(NamedTuple):
    """Whose a fact is, and by which of their names: a split takes the facts of a name along. 0: the name is not known
    yet, because the person was merged while it was looked up; the next look-up knows."""

    contributor_id: int
    identity_id: int


def resolve(
    organization_id: int,
    email: str | None = None,
    github: str | None = None,
    user: str | None = None,
    tool: str | None = None,
    *,
    key_id: int,
    key_contributor_id: int | None = None,
) -> int:
    """The contributor of one sender, see `resolve_many`."""
    sender = Sender(email, github, user, tool, key_id, key_contributor_id)
    return resolve_many(organization_id, [sender])[sender].contributor_id


def resolve_many(organization_id: int, senders: Iterable[Sender], now: datetime | None = None) -> dict[Sender, Owner]:
    """The owner of each sender; unknown ones are made, unclaimed. Commits by itself when outside a transaction.

    With a personal key and neither e-mail nor login, the tool's user id becomes one of that person's identities. If it
    is already that of an unclaimed contributor who is known by nothing else, that one is merged into the person: then
    it doesn't matter whether the personal key or another came first. One that belongs to somebody else stays theirs,
    and one that an admin gave to somebody is theirs whatever key it comes by.
    """
    moment = now or timezone.now()
    wanted = set(senders)
    with tenant(organization_id):
        people = _people_of_keys({sender.key_id for sender in wanted if sender.key_contributor_id})
        fixed = _fixed(organization_id, {_tool_name(sender) for sender in wanted if sender.key_id in people})
        names = {sender: _decisive_name(sender, people, fixed) for sender in wanted}
        found = _find_or_make(organization_id, {name for name in names.values() if name}, moment)
    by_key = {sender: people[sender.key_id] for sender, name in names.items() if name is None}
    owned = _names_of_the_keys_people(organization_id, by_key, moment)
    with tenant(organization_id):
        tools = {(name or owned[sender][1], sender.tool or "") for sender, name in names.items()}
        _mark_seen(organization_id, tools, moment)
    return {sender: found[name] if name else owned[sender][0] for sender, name in names.items()}


def identify(
    organization_id: int, names: Iterable[Name], now: datetime, *, bots: frozenset[Name] = frozenset()
) -> dict[Name, int]:
    """The identity of each name that a vendor tells (values normalised), made with an unclaimed contributor where it
    is new; a new one of `bots` is marked as a bot. Inside the tenant."""
    known = _find(organization_id, wanted := set(names))
    made = _find_or_make(organization_id, wanted - known.keys(), now)
    robots = [owner.contributor_id for name, owner in made.items() if name in bots]
    if robots:
        Contributor.objects.filter(organization_id=organization_id, id__in=robots, user=None).update(is_bot=True)
    return {name: owner.identity_id for name, owner in (known | made).items()}


def _people_of_keys(key_ids: set[int]) -> dict[int, int]:
    rows = Key.objects.filter(id__in=key_ids, contributor__isnull=False) if key_ids else Key.objects.none()
    return {key_id: person for key_id, person in rows.values_list("id", "contributor_id") if person}


def _tool_name(sender: Sender) -> Name | None:
    value = tool_user(sender.tool, sender.user)
    return Name(IdentityKind.TOOL_USER, value) if value else None


def _fixed(organization_id: int, names: set[Name | None]) -> set[Name]:
    """Which of a tool's user ids an admin gave to somebody."""
    values = [name.value for name in names if name]
    rows = Identity.objects.filter(
        organization=organization_id, kind=IdentityKind.TOOL_USER, value__in=values, is_fixed=True
    )
    return {Name(IdentityKind.TOOL_USER, value) for value in rows.values_list("value", flat=True)} if values else set()


def _decisive_name(sender: Sender, people: dict[int, int], fixed: set[Name]) -> Name | None:
    """The name that decides, None when the key's person does."""
    if email := normalise(IdentityKind.EMAIL, sender.email):
        return Name(IdentityKind.EMAIL, email)
    if github := normalise(IdentityKind.GITHUB, sender.github):
        return Name(IdentityKind.GITHUB, github)
    user = _tool_name(sender)
    if sender.key_id in people and sender.key_contributor_id and user not in fixed:
        return None
    return user or _key_name(sender)


def _key_name(sender: Sender) -> Name:
    return Name(IdentityKind.KEY, str(sender.key_id))


def _names_of_the_keys_people(
    organization_id: int, by_key: dict[Sender, int], now: datetime
) -> dict[Sender, tuple[Owner, Name]]:
    """For senders whose key decides: the tool's user id where it is the person's, else the key itself."""
    if not by_key:
        return {}
    pairs = {(_tool_name(sender) or _key_name(sender), person) for sender, person in by_key.items()}
    try:
        with tenant(organization_id):
            for name, person in sorted(pairs):
                _link(organization_id, name, person, now)
            found = _find(organization_id, {name for name, _ in pairs})
            rest = {sender: person for sender, person in by_key.items() if not _is_theirs(sender, person, found)}
            for name, person in sorted({(_key_name(sender), person) for sender, person in rest.items()}):
                _link(organization_id, name, person, now)
            found |= _find(organization_id, {_key_name(sender) for sender in rest})
    except IntegrityError:
        # The person was merged into another meanwhile. Whoever remembers the answer forgets it with the epoch.
        log.info("identities were not linked: their person has just been merged")
        return {sender: (Owner(person, 0), _key_name(sender)) for sender, person in by_key.items()}
    return {sender: _owned(sender, person, found) for sender, person in by_key.items()}


def _is_theirs(sender: Sender, person: int, found: dict[Name, Owner]) -> bool:
    owner = found.get(_tool_name(sender) or _key_name(sender))
    return owner is not None and owner.contributor_id == person


def _owned(sender: Sender, person: int, found: dict[Name, Owner]) -> tuple[Owner, Name]:
    name = (_tool_name(sender) or _key_name(sender)) if _is_theirs(sender, person, found) else _key_name(sender)
    owner = found.get(name)
    return Owner(person, owner.identity_id if owner and owner.contributor_id == person else 0), name


# Index: identity_once_per_organization.
_FIND = """
    SELECT i.kind, i.value, i.contributor_id, i.id FROM teams_identity i
    JOIN unnest(%s::text[], %s::text[]) AS wanted (kind, value) ON i.kind = wanted.kind AND i.value = wanted.value
    WHERE i.organization_id = %s
"""
# Rows in order, so that two batches with the same new people wait for each other instead of deadlocking.
_MAKE = """
    INSERT INTO teams_identity (organization_id, kind, value, contributor_id, last_seen_at, created_at)
    SELECT %s, kind, value, contributor_id, %s, %s
    FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS new (kind, value, contributor_id) ORDER BY kind, value
    ON CONFLICT (organization_id, kind, value) DO NOTHING RETURNING contributor_id
"""
_SEEN = """
    UPDATE teams_identity t SET last_seen_at = greatest(t.last_seen_at, %s),
        sources = CASE WHEN seen.tool = '' OR seen.tool = ANY(t.sources) THEN t.sources
                       ELSE (t.sources || seen.tool::varchar)[cardinality(t.sources) - 6:] END
    FROM (
        SELECT i.id, seen.tool FROM teams_identity i
        JOIN unnest(%s::text[], %s::text[], %s::text[]) AS seen (kind, value, tool)
          ON i.kind = seen.kind AND i.value = seen.value
        WHERE i.organization_id = %s AND (i.last_seen_at IS NULL OR i.last_seen_at < %s - interval '1 day'
              OR seen.tool <> '' AND seen.tool <> ALL(i.sources))
        ORDER BY i.id FOR UPDATE OF i SKIP LOCKED) AS seen
    WHERE t.organization_id = %s AND t.id = seen.id
"""
LONGEST_SOURCE = 64


def _find_or_make(organization_id: int, names: set[Name], now: datetime) -> dict[Name, Owner]:
    found = _find(organization_id, names)
    missing = sorted(names - found.keys())
    if missing:
        _make(organization_id, missing, now)
        # Asked again, because another process may have made some of them meanwhile.
        found |= _find(organization_id, set(missing))
    return found


def _find(organization_id: int, names: set[Name]) -> dict[Name, Owner]:
    if not names:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [[name.kind for name in names], [name.value for name in names], organization_id])
        return {Name(kind, value): Owner(person, id_) for kind, value, person, id_ in cursor.fetchall()}


def _mark_seen(organization_id: int, tools: set[tuple[Name, str]], now: datetime) -> None:
    """Each name with the tool that told it; written once a day, or when the tool is new."""
    if not tools:
        return
    told = [(name.kind, name.value, normalise(IdentityKind.TOOL_USER, tool)[:LONGEST_SOURCE]) for name, tool in tools]
    columns = [list(column) for column in zip(*sorted(told), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [now, *columns, organization_id, now, organization_id])


def _make(organization_id: int, names: list[Name], now: datetime) -> None:
    key_names = _names_of_keys(names)
    made = Contributor.objects.bulk_create(
        Contributor(
            organization_id=organization_id,
            display_name=key_names.get(name) or display_name(name.kind, name.value),
            created_at=now,
        )
        for name in names
    )
    ids = [contributor.id for contributor in made]
    with connection.cursor() as cursor:
        kinds, values = [name.kind for name in names], [name.value for name in names]
        cursor.execute(_MAKE, [organization_id, now, now, kinds, values, ids])
        used = {contributor_id for (contributor_id,) in cursor.fetchall()}
    if unused := set(ids) - used:
        Contributor.objects.filter(organization_id=organization_id, id__in=unused).delete()


def _names_of_keys(names: list[Name]) -> dict[Name, str]:
    ids = [int(name.value) for name in names if name.kind == IdentityKind.KEY]
    rows = Key.objects.filter(id__in=ids).values_list("id", "name") if ids else ()
    return {Name(IdentityKind.KEY, str(key_id)): f"Key “{name}”" for key_id, name in rows}


def _link(organization_id: int, name: Name, person_id: int, now: datetime) -> None:
    """Makes a tool's user id, or the key itself, one of the person's identities, unless it is somebody else's."""
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, [organization_id, now, now, [name.kind], [name.value], [person_id]])
        if cursor.fetchall():
            return
    identity = Identity.objects.select_related("contributor").get(
        organization_id=organization_id, kind=name.kind, value=name.value
    )
    if identity.contributor_id != person_id and not identity.is_fixed and _is_only(identity):
        organization = Organization.objects.get(id=organization_id)
        person = Contributor.objects.get(organization_id=organization_id, id=person_id)
        try:
            merge_contributors(organization=organization, loser=identity.contributor, winner=person, by=None, now=now)
        except MergeRefusedError:
            # Claimed, or merged by somebody else, since it was read.
            return


def _is_only(identity: Identity) -> bool:
    """Whether nothing else is known of the contributor: nobody signed in as them, no other name, no key."""
    person = identity.contributor
    others = Identity.objects.filter(organization_id=identity.organization_id, contributor=person)
    has_other_names = others.exclude(id=identity.id).exists()
    has_keys = Key.objects.filter(organization_id=identity.organization_id, contributor=person).exists()
    return not (person.is_claimed or has_other_names or has_keys)
