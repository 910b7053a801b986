"""A batch on its way into the ledger: events to rows, sessions touched, channels compared."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from events.ledger.correcting import correct_row
from events.ledger.lookups import Lookups
from events.ledger.pricing import PRICES
from events.ledger.rows import ESTIMATED, KINDS, fact_id
from events.ledger.sessions import SessionKey, Touch, micros
from events.ledger.statements import STAGE_COLUMNS
from events.ledger.tombstones import REFUSED
from events.models import PATH_CLASSES, TASK_TYPES, TYPED, DimensionKind
from events.schema import Commit, Edit, Event, Kind, Point
from events.sources._base import Group
from teams.identities import Owner, Sender

OLDEST = timedelta(days=6 * 365 + 2)
NEWEST = timedelta(days=1)
_SESSION = list(STAGE_COLUMNS).index("session_id")
_SUPERSEDED = list(STAGE_COLUMNS).index("is_superseded")
AT = list(STAGE_COLUMNS).index("occurred_at")
OUTCOME = list(STAGE_COLUMNS).index("outcome")
_IDENTITY = itemgetter(0, 1)
MICROS_TO_2000 = 946_684_800_000_000


class NotLookedUp(Exception):
    """A name or sender has no number yet; `lookups.prepare` gives it one."""


class Refusal(NamedTuple):
    """An event that the ledger won't take. `position`: its place in its group."""

    group: Group
    position: int
    reason: str


Placed = tuple[list[Any], Touch | None, Touch | None, int, int]
"""A row, and what decides whether it counts: its session, its scope if that is another, kind and rank."""


@dataclass
class Batch:
    """What one request brings, for one organization. `nobody`: contributors that are a key, not a known person."""

    known: Lookups
    key_id: int
    key_contributor_id: int | None
    touches: dict[SessionKey, Touch] = field(default_factory=dict)
    nobody: set[int] = field(default_factory=set)
    placed: list[Placed] = field(default_factory=list)
    owners: dict[tuple[str | None, ...], Owner] = field(default_factory=dict)
    sent: Counter[tuple[str, int]] = field(default_factory=Counter)
    has_edits: bool = False

    def place(self, group: Group, events: Sequence[Event]) -> None:
        """Makes the rows of a group's events, all but what only the locked sessions can tell.

        :raises NotLookedUp: a name or sender has no number yet.
        """
        try:
            self._place(group, events)
        except KeyError as error:
            raise NotLookedUp from error
        self.sent[group.source, group.channel.number] += len(events)
        self.has_edits = self.has_edits or Edit in map(type, events)

    def _place(self, group: Group, events: Sequence[Event]) -> None:
        numbers = self.known.dimensions
        tools, versions, models = (
            numbers[DimensionKind.TOOL],
            numbers[DimensionKind.TOOL_VERSION],
            numbers[DimensionKind.MODEL],
        )
        repositories, branches = numbers[DimensionKind.REPOSITORY], numbers[DimensionKind.BRANCH]
        languages, prices_id = numbers[DimensionKind.LANGUAGE], numbers[DimensionKind.PRICES][PRICES]
        channel, ranks, scope_key = group.channel.number, _ranks(group), _scope(group)
        day_of, owner_of, touch_of, placed = self.known.day, self._owner, self._touch, self.placed
        for event in events:
            kind, amounts_of = KINDS[event.__class__]
            at_us = int(event.at.timestamp() * 1_000_000 + 0.5)
            owner = owner_of(event)
            contributor_id, identity_id = owner
            day = day_of(contributor_id, at_us)
            tool_id, repository_id, branch_id = (
                tools[event.tool],
                repositories[event.repository],
                branches[event.branch],
            )
            amounts = amounts_of(event)
            row = [
                at_us - MICROS_TO_2000, fact_id(channel, kind, event.tool, event.id), contributor_id, identity_id, 0,
                False, day, tool_id, versions[event.tool_version], models[event.model], repository_id, branch_id,
                languages[event.language], prices_id if amounts[10] == ESTIMATED else 0, kind, channel,
                PATH_CLASSES[event.path_class] + TYPED * TASK_TYPES[event.task_type], event.path_hash, *amounts,
            ]  # fmt: skip
            session = scope = None
            # A key that can't be stored names no session.
            if event.session is not None and event.session.isprintable():
                session = touch_of(tool_id, event.session, False, at_us, owner)
                session.see(at_us, owner, repository_id, branch_id, kind, ranks[kind])
            if scope_key is not None:
                scope = touch_of(tool_id, f"instance:{scope_key}@{contributor_id}", True, at_us, owner)
                scope.see(at_us, owner, 0, 0, kind, ranks[kind])
            placed.append((row, session, scope, kind, ranks[kind]))

    def witness(self, group: Group, point: Point) -> None:
        """A point shows that its session was alive, whether its value grew or not; so that the session's span doesn't
        depend on which points came to be increases.

        :raises NotLookedUp: a name or sender has no number yet.
        """
        event, at_us = point.event, micros(point.at)
        try:
            tool_id = self.known.dimensions[DimensionKind.TOOL][event.tool]
            owner = self._owner(event)
        except KeyError as error:
            raise NotLookedUp from error
        scope_key = _scope(group)
        key = event.session or (f"instance:{scope_key}@{owner.contributor_id}" if scope_key else None)
        if key is not None and key.isprintable():
            self._touch(tool_id, key, event.session is None, at_us, owner).see(at_us, owner, 0, 0)

    def witness_commit(self, commit: Commit) -> None:
        """So does a commit, which makes the session known whether it or the session's facts arrive first.

        :raises NotLookedUp: a name or sender has no number yet.
        """
        if commit.session is None or not commit.session.isprintable():
            return
        numbers, at_us = self.known.dimensions, micros(commit.at)
        try:
            tool_id, owner = numbers[DimensionKind.TOOL][commit.tool], self._owner(commit)
            repository_id = numbers[DimensionKind.REPOSITORY][commit.repository]
            branch_id = numbers[DimensionKind.BRANCH][commit.branch]
        except KeyError as error:
            raise NotLookedUp from error
        self._touch(tool_id, commit.session, False, at_us, owner).see(at_us, owner, repository_id, branch_id)

    def _owner(self, event: Event | Commit) -> Owner:
        who = (event.email, event.github, event.user, event.tool)
        owner = self.owners.get(who)
        if owner is None:
            owner = self.owners[who] = self.known.owners[Sender(*who, self.key_id, self.key_contributor_id)]
            if self.key_contributor_id is None and who[:3] == (None, None, None):
                self.nobody.add(owner.contributor_id)
        return owner

    def _touch(self, tool_id: int, key: str, is_instance: bool, at_us: int, owner: Owner) -> Touch:
        touch = self.touches.get((tool_id, key))
        if touch is None:
            touch = Touch(tool_id, key, is_instance, at_us, at_us, owner)
            self.touches[tool_id, key] = touch
        return touch

    def rows(self) -> list[list[Any]]:
        """The finished rows in the order of the events' primary key, once the sessions are locked: two requests that
        bring the same facts then wait for each other instead of deadlocking."""
        for row, session, scope, kind, rank in self.placed:
            if session is not None:
                row[_SESSION] = session.id
                row[_SUPERSEDED] = rank > session.best[kind]
                if session.correction is not None:
                    correct_row(row, *session.correction)
            if scope is not None:
                row[_SESSION] = row[_SESSION] or scope.id
                row[_SUPERSEDED] = row[_SUPERSEDED] or rank > scope.best[kind]
        rows = [row for row, *_ in self.placed]
        rows.sort(key=_IDENTITY)
        return rows


def _ranks(group: Group) -> list[int]:
    return [0, *(group.channel.rank_of(kind) for kind in Kind)]


def _scope(group: Group) -> str | None:
    return group.scope if group.scope and group.scope.isprintable() else None


Timed = TypeVar("Timed", bound=Event | Point)


def within_time(
    group: Group,
    events: list[Timed],
    now: datetime,
    kept_since: datetime | None = None,
    is_refused: Callable[[Timed], bool] | None = None,
) -> tuple[list[Timed], list[Refusal]]:
    """Events or points whose time can be true, whose days are kept and whose person wants them, and the refusal of the
    others."""
    oldest, newest = max(now - OLDEST, kept_since or now - OLDEST), now + NEWEST
    times = [event.at for event in events]
    if not times or (is_refused is None and min(times) >= oldest and max(times) <= newest):
        return events, []
    kept, refused = [], []
    for position, event in enumerate(events):
        if event.at < now - OLDEST:
            refused.append(Refusal(group, position, "at: more than six years ago"))
        elif event.at < oldest:
            refused.append(Refusal(group, position, "at: older than this organization keeps events"))
        elif event.at > newest:
            refused.append(Refusal(group, position, "at: more than a day in the future"))
        elif is_refused and is_refused(event):
            refused.append(Refusal(group, position, REFUSED))
        else:
            kept.append(event)
    return kept, refused


def commits_in_time(
    commits: list[Commit], now: datetime, is_refused: Callable[[Commit], bool] | None = None
) -> tuple[list[Commit], list[tuple[int, str]]]:
    """Commits whose time can be true and whose person wants them, and the place and refusal of the others. Retention
    doesn't take commits."""
    if not commits:
        return commits, []
    kept, refused = [], []
    for position, commit in enumerate(commits):
        if commit.at < now - OLDEST:
            refused.append((position, "at: more than six years ago"))
        elif commit.at > now + NEWEST:
            refused.append((position, "at: more than a day in the future"))
        elif is_refused and is_refused(commit):
            refused.append((position, REFUSED))
        else:
            kept.append(commit)
    return kept, refused
