"""Answers about one person over all their organizations: the same questions, of facts put together.

What a person did in two organizations is told by two sets of rows; no fact is in both. The floor is one: the floor does
not hide a selection that is only oneself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple, TypeVar

from codecard.lib.clusters import Moments
from codecard.lib.periods import Days
from codecard.lib.tenant import tenant
from events.answers.answering import Answers
from events.answers.asking import Scope
from events.queries.facts import Detail, Distance, Facts, FirstRun, Given
from events.queries.people import Group
from events.queries.pull_facts import Pull
from teams.models import Organization

Row = TypeVar("Row")


class Oneself(NamedTuple):
    """Who a person is in one organization."""

    organization: Organization
    contributor_id: int


@dataclass(frozen=True)
class Together(Given):
    """Facts of several organizations, each read in its own tenant once something is asked of it."""

    parts: tuple[Facts, ...] = ()

    @cached_property
    def details(self) -> list[Detail]:
        return self._read_all(lambda part: part.details)

    @cached_property
    def decisions(self) -> dict[date, Moments]:
        found: dict[date, Moments] = {}
        for week_on, moments in self._read_all(lambda part: list(part.decisions.items())):
            found[week_on] = found.get(week_on, Moments()) + moments
        return found

    @cached_property
    def first_runs(self) -> list[FirstRun]:
        return self._read_all(lambda part: part.first_runs)

    @cached_property
    def distances(self) -> list[Distance]:
        return self._read_all(lambda part: part.distances)

    @cached_property
    def pulls(self) -> list[Pull]:
        return self._read_all(lambda part: part.pulls)

    @cached_property
    def own_pulls(self) -> list[Pull]:
        return self._read_all(lambda part: part.own_pulls)

    def _read_all(self, of: Callable[[Facts], list[Row]]) -> list[Row]:
        found: list[Row] = []
        for part in self.parts:
            with tenant(part.organization_id):
                found += of(part)
        return found


def own_answers(me: Sequence[Oneself], stretches: Sequence[Days | None], now: datetime) -> Answers:
    """Of everything that the person did in the stretches, judged by the ranges that come with the metrics. What is
    asked of it enters each tenant by itself, so it must be asked outside of any other.

    :raises ValueError: nobody is asked about.
    """
    if not me:
        raise ValueError("nobody is asked about")
    parts = tuple(_alone(one.organization, frozenset({one.contributor_id})).facts(stretches, now) for one in me)
    scope = _alone(me[0].organization, frozenset(one.contributor_id for one in me))
    asked = scope.facts(stretches, now)
    together = Together(
        asked.organization_id, asked.zone, asked.group, asked.settled, asked.stretches, now, parts=parts
    )
    return Answers(scope, together, lambda metric, task: metric.band)


def _alone(organization: Organization, people: frozenset[int]) -> Scope:
    group = Group(0, "", "", people)
    return Scope(organization, group, (group,), floor=1)
