"""What is asked: a metric of whom, in which weeks, by what. Pure but for the reading of who is in which team."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from codecard.lib.clusters import Moments
from codecard.lib.lattice import Cell, Opening, openings, settling_order, whole_only
from codecard.lib.periods import Days
from codecard.lib.remembering import digest_of
from events.metrics._base import By, Metric
from events.queries.facts import Facts, joined
from events.queries.people import Group, everybody_of, floor_for
from teams.models import Organization
from teams.queries.small_team import is_small_team as has_small_team

SMALL_TEAM_FLOOR = 2
"""Nobody alone even then: a team of one, or of all but one, would be a split that isolates one."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose numbers: a team's, or the whole organization's. `settled`: the groups that have a say in what of them may
    be shown, in the order in which they are settled, `group` the last."""

    organization: Organization
    group: Group
    settled: tuple[Group, ...]
    floor: int
    is_everybody: bool = False
    is_small_team: bool = False
    """Everybody agreed to see values of the whole, and of nothing but the whole."""

    @property
    def key(self) -> Hashable:
        """Tells whose numbers, and what of them may be shown, as far as that rests on no facts."""
        people = digest_of(sorted(group.people) for group in self.settled)
        return self.organization.id, people, self.floor, self.is_small_team

    def opening(self, cells: Sequence[Cell]) -> Opening:
        """What of one week may be shown, of facts of all settled groups."""
        found = openings(cells, [group.people for group in self.settled], self.floor)[-1]
        return whole_only(found, cells) if self.is_small_team else found

    def facts(
        self,
        stretches: Sequence[Days | None],
        now: datetime,
        fine: Sequence[Days | None] | None = None,
        *,
        has_usage: bool = False,
        told_decisions: Mapping[date, Moments] | None = None,
    ) -> Facts:
        """`fine`: in which of them something is asked by a dimension, or narrowed; in all, unless said otherwise.
        `has_usage`: tokens, cost and lines as well, which no metric needs. `told_decisions`: as of `Facts`."""
        return Facts(
            self.organization.id, self.organization.time_zone, self.group, self.settled, joined(stretches), now,
            self.is_everybody, None if fine is None else joined(fine), has_usage, told_decisions,
        )  # fmt: skip


def scope_of(
    organization: Organization,
    groups: Sequence[Group],
    group: Group | None,
    viewer: int | None,
    *,
    is_small_team: bool | None = None,
) -> Scope:
    """`groups`: all teams. `group` None: everybody. `viewer`: the asker as a person of the data. `is_small_team`: for
    those who ask of many groups and know. Inside the tenant."""
    is_small_team = has_small_team(organization) if is_small_team is None else is_small_team
    floor = SMALL_TEAM_FLOOR if is_small_team else organization.privacy_floor
    own = group or Group(0, "", organization.name, everybody_of(organization.id))
    known = groups if group else [*groups, own]
    order = settling_order(own.id, [(one.id, one.people) for one in known])
    by_id = {one.id: one for one in known}
    settled = tuple(by_id[group_id] for group_id in order)
    return Scope(organization, own, settled, floor_for(own, floor, viewer), group is None, is_small_team)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`shown` and `before` are of whole weeks. Of behaviour, one dimension at a time is asked: either a filter or `by`.

    :raises ValueError: in words, where it is more than that, or a dimension that the metric hasn't.
    """

    metric: Metric
    shown: Days
    before: Days | None = None
    by: By | None = None
    filters: Mapping[By, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        asked = {*self.filters, *((self.by,) if self.by else ())}
        foreign = [one.label.lower() for one in asked if one not in self.metric.dimensions]
        if foreign:
            raise ValueError(f"{self.metric.label} is not known by {foreign[0]}.")
        if not self.metric.is_work and len(asked) > 1:
            raise ValueError(
                f"{self.metric.label} is behaviour of people: it is told by one thing at a time, so that nobody can be"
                " singled out."
            )
