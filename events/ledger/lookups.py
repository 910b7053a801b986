"""Names to numbers, people to contributors: what a batch refers to, found or made before its transaction.

New rows are committed in short transactions of their own: a rollback of the batch must not leave cached ids behind.
The cache of an organization is thrown away when its `identity_epoch` changes (merge, split, claim, time zone, deletion
by age or by a person, pause).
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from threading import Lock
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.backends.utils import CursorWrapper

from codecard.lib.tenant import tenant
from events.ledger.keeping import KEPT_FROM, kept_since
from events.ledger.tombstones import Tombstones
from events.models import DimensionKind
from events.schema import Commit, Event
from teams.identities import Owner, Sender, resolve_many
from teams.models import Contributor, Organization

MAX_VALUES = 20_000
"""Per organization and kind of dimension; what comes after stands under one name, so that a sender that makes up names
can't fill the table."""
OTHERS = "(others)"
_MAX_ORGANIZATIONS = 500
_MAX_SESSIONS = _MAX_SENDERS = 20_000
_QUARTER_HOUR_US = 900_000_000
_DAY_ZERO = date(2000, 1, 1).toordinal()


@dataclass
class Lookups:
    """What one process remembers of one organization. Grows by what the organization's data name, within limits."""

    organization_id: int
    epoch: int
    zone: str
    kept_since: datetime | None = None
    tombstones: Tombstones = field(default_factory=lambda: Tombstones(0))
    dimensions: dict[DimensionKind, dict[str | None, int]] = field(
        default_factory=lambda: {kind: {None: 0} for kind in DimensionKind}
    )
    owners: dict[Sender, Owner] = field(default_factory=dict)
    zones: dict[int, str] = field(default_factory=dict)
    sessions: dict[tuple[int, str], int] = field(default_factory=dict)
    days: dict[tuple[str, int], int] = field(default_factory=dict)

    def day(self, contributor_id: int, at_us: int) -> int:
        """The contributor's local day of a moment, as days since 2000-01-01.

        Cached by quarter of an hour: zones change and days begin at multiples of it.
        """
        key = (self.zones.get(contributor_id) or self.zone, at_us // _QUARTER_HOUR_US)
        found = self.days.get(key)
        if found is None:
            if len(self.days) > 50_000:
                self.days.clear()
            found = self.days[key] = _local_day(*key)
        return found

    def remember_sessions(self, found: Iterable[tuple[tuple[int, str], int]]) -> None:
        if len(self.sessions) > _MAX_SESSIONS:
            self.sessions.clear()
        self.sessions.update(found)


def _local_day(zone: str, quarter: int) -> int:
    from_epoch = quarter * 900
    local = datetime.fromtimestamp(from_epoch, UTC).astimezone(ZoneInfo(zone))
    return local.date().toordinal() - _DAY_ZERO


_cache: OrderedDict[int, Lookups] = OrderedDict()
_lock = Lock()


def lookups_of(organization_id: int) -> Lookups:
    """The remembered look-ups of an organization, made afresh if there are none."""
    with _lock:
        found = _cache.get(organization_id)
        if found is not None:
            _cache.move_to_end(organization_id)
            return found
    row = Organization.objects.values_list("identity_epoch", "time_zone", f"settings__{KEPT_FROM}")
    epoch, zone, kept = row.get(pk=organization_id)
    with tenant(organization_id):
        # After the epoch: what is buried in between is known already, and the new epoch asks for it again.
        tombstones = Tombstones.read(organization_id)
    with _lock:
        if len(_cache) >= _MAX_ORGANIZATIONS:
            _cache.popitem(last=False)
        return _cache.setdefault(organization_id, Lookups(organization_id, epoch, zone, kept_since(kept), tombstones))


def is_current(known: Lookups) -> bool:
    return Organization.objects.filter(pk=known.organization_id, identity_epoch=known.epoch).exists()


def forget(organization_id: int) -> None:
    """Drops what is remembered of an organization in this process."""
    with _lock:
        _cache.pop(organization_id, None)


def forget_everything() -> None:
    """Drops all, for tests that change the database under the process."""
    with _lock:
        _cache.clear()


def prepare(
    known: Lookups, events: list[Event], commits: list[Commit], key_id: int, key_contributor_id: int | None
) -> None:
    """Makes sure that every name and sender of the events and commits has its number."""
    _prepare_dimension(known, DimensionKind.TOOL, {event.tool for event in events})
    _prepare_dimension(known, DimensionKind.TOOL_VERSION, {event.tool_version for event in events})
    _prepare_dimension(known, DimensionKind.MODEL, {event.model for event in events})
    _prepare_dimension(known, DimensionKind.REPOSITORY, {event.repository for event in events})
    _prepare_dimension(known, DimensionKind.BRANCH, {event.branch for event in events})
    _prepare_dimension(known, DimensionKind.LANGUAGE, {event.language for event in events})
    if commits:
        _prepare_dimension(known, DimensionKind.TOOL, {commit.tool for commit in commits})
        _prepare_dimension(known, DimensionKind.REPOSITORY, {commit.repository for commit in commits})
        _prepare_dimension(known, DimensionKind.BRANCH, {commit.branch for commit in commits})
    senders = {(e.email, e.github, e.user, e.tool) for e in (*events, *commits)}
    missing = {Sender(*who, key_id, key_contributor_id) for who in senders} - known.owners.keys()
    if missing:
        _prepare_contributors(known, missing)


def _prepare_dimension(known: Lookups, kind: DimensionKind, values: set[str | None]) -> None:
    ids = known.dimensions[kind]
    missing = {value for value in values - ids.keys() if value is not None}
    if missing:
        storable = {value for value in missing if value.isprintable()}
        ids.update(dict.fromkeys(missing - storable, 0))
        number_of(known, kind, storable)


def number_of(known: Lookups, kind: DimensionKind, values: set[str]) -> None:
    """Finds or makes the numbers of names, in a transaction of its own, names in order."""
    ids = known.dimensions[kind]
    with tenant(known.organization_id), connection.cursor() as cursor:
        cursor.execute(_FIND, [known.organization_id, kind, [*values, OTHERS]])
        ids.update(cursor.fetchall())
        missing = sorted(values - ids.keys())
        if missing and _is_full(cursor, known.organization_id, kind):
            _insert(cursor, known, kind, [OTHERS])
            for value in missing:
                ids[value] = ids[OTHERS]
        elif missing:
            _insert(cursor, known, kind, missing)


_FIND = "SELECT value, id FROM events_dimension WHERE organization_id = %s AND kind = %s AND value = ANY(%s)"
_MAKE = """
    INSERT INTO events_dimension (organization_id, kind, value) SELECT %s, %s, value FROM unnest(%s::text[]) AS value
    ORDER BY value ON CONFLICT DO NOTHING
"""


def _insert(cursor: CursorWrapper, known: Lookups, kind: DimensionKind, values: list[str]) -> None:
    cursor.execute(_MAKE, [known.organization_id, kind, values])
    cursor.execute(_FIND, [known.organization_id, kind, values])
    known.dimensions[kind].update(cursor.fetchall())


def _is_full(cursor: CursorWrapper, organization_id: int, kind: DimensionKind) -> bool:
    cursor.execute(
        "SELECT count(*) FROM events_dimension WHERE organization_id = %s AND kind = %s", [organization_id, kind]
    )
    return bool(cursor.fetchone()[0] >= MAX_VALUES)


def _prepare_contributors(known: Lookups, missing: set[Sender]) -> None:
    found = resolve_many(known.organization_id, missing)
    with tenant(known.organization_id):
        people = {owner.contributor_id for owner in found.values()}
        zones = Contributor.objects.filter(organization_id=known.organization_id, pk__in=people)
        known.zones.update(zones.values_list("pk", "time_zone"))
    if len(known.owners) > _MAX_SENDERS:
        known.owners.clear()
    known.owners.update(found)
