"""What an import would change, from its lines and from what is there. Pure: reads nothing, writes nothing.

A line is used as a whole or not at all. The same lines on the same organization always give the same plan, and on an
organization where the plan was carried out an empty one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple

from django.utils.text import slugify

from teams.identity_values import display_name
from teams.imports.lines import Line, Problem, Source, TeamName
from teams.models import IdentityKind

Name = tuple[str, str]
"""Kind and value of an identity."""


class TeamThere(NamedTuple):
    id: int
    name: str
    slug: str
    parent_id: int | None
    github_id: int | None


class Snapshot(NamedTuple):
    """What is there of what the lines speak of."""

    teams: list[TeamThere]
    owners: dict[Name, int]
    """Contributors by identity."""
    labels: dict[int, str]
    """Their names."""
    members: dict[tuple[int, int], bool]
    """Whether somebody leads, by team and contributor."""


@dataclass(eq=False)
class TeamNode:
    """A team as it is (`there`; None where it would be made) and as it would be."""

    there: TeamThere | None
    name: str
    slug: str
    github_id: int | None
    parent: "TeamNode | None" = None
    parent_before: str | None = None
    """Its name then."""
    wanted_by: dict[int, "TeamNode"] = field(default_factory=dict)
    """Parents that lines ask for, by the line's place."""

    @property
    def is_renamed(self) -> bool:
        return self.there is not None and self.there.name != self.name

    @property
    def is_tied(self) -> bool:
        return self.there is not None and self.there.github_id != self.github_id

    @property
    def is_moved(self) -> bool:
        parent_id = self.parent.there.id if self.parent and self.parent.there else None
        is_same = parent_id == (self.there.parent_id if self.there else None) and bool(self.parent) == bool(parent_id)
        return self.there is not None and not is_same


@dataclass(eq=False)
class PersonNode:
    """A contributor (`id`; None where one would be made) and the identities they would get."""

    id: int | None
    label: str
    new_names: list[Name] = field(default_factory=list)


@dataclass(eq=False)
class Seat:
    """A person in a team, as they would be."""

    team: TeamNode
    person: PersonNode
    is_lead: bool
    was_lead: bool | None
    """None: not in the team so far."""


class Change(NamedTuple):
    """One row of the preview."""

    kind: str
    what: str
    text: str


@dataclass
class Plan:
    teams: list[TeamNode]
    people: list[PersonNode]
    seats: list[Seat]
    problems: list[Problem]
    repeats: int
    """Lines that say once more what another said."""

    @cached_property
    def changes(self) -> list[Change]:
        return [*_team_changes(self.teams), *_people_changes(self.people), *_seat_changes(self.seats)]

    @cached_property
    def digest(self) -> str:
        """Names the plan: another one of the same lines means that something changed meanwhile."""
        facts = [
            *((team.there, team.name, team.slug, team.github_id, _slug(team.parent)) for team in self.teams),
            *((person.id, person.label, person.new_names) for person in self.people),
            *((seat.team.slug, seat.person.id, seat.person.label, seat.is_lead, seat.was_lead) for seat in self.seats),
        ]
        return sha256(repr((facts, self.problems)).encode()).hexdigest()


def make_plan(source: Source, there: Snapshot) -> Plan:
    """Draws it again without the lines that turn out wrong, until none does."""
    lines = list(enumerate(source.lines))
    problems = list(source.problems)
    while True:
        draft = _Draft(there)
        for place, line in lines:
            draft.add(place, line)
        draft.refuse_rings()
        if not draft.refused:
            return draft.plan(sorted(problems))
        problems += [Problem(source.lines[place].number, text) for place, text in draft.refused.items()]
        lines = [(place, line) for place, line in lines if place not in draft.refused]


class _RefusedError(ValueError):
    pass


class _Draft:
    def __init__(self, there: Snapshot) -> None:
        self.refused: dict[int, str] = {}
        self.repeats = 0
        self.members = there.members
        by_id = {team.id: TeamNode(team, team.name, team.slug, team.github_id) for team in there.teams}
        for node in by_id.values():
            if node.there and node.there.parent_id:
                node.parent = by_id.get(node.there.parent_id)
                node.parent_before = node.parent.name if node.parent else None
        self.teams = list(by_id.values())
        self.by_slug = {node.slug: node for node in self.teams}
        self.by_github_id = {node.github_id: node for node in self.teams if node.github_id}
        self.by_name: dict[str, list[TeamNode]] = {}
        for node in self.teams:
            self.by_name.setdefault(node.name.casefold(), []).append(node)
        known = {owner: PersonNode(owner, there.labels[owner]) for owner in dict.fromkeys(there.owners.values())}
        self.people = list(known.values())
        self.by_identity = {name: known[owner] for name, owner in there.owners.items()}
        self.seats: dict[tuple[int, int], tuple[Seat, bool | None]] = {}

    def add(self, place: int, line: Line) -> None:
        try:
            team = self._team(line.team)
            parent = self._team(line.parent) if line.parent else None
            if parent:
                self._nest(place, team, parent)
            names = _names(line)
            if names:
                self._seat(line, team, self._person(names))
        except _RefusedError as error:
            self.refused[place] = str(error)

    # --- teams

    def _team(self, name: TeamName) -> TeamNode:
        return self._github_team(name, name.github_id) if name.github_id else self._named_team(name)

    def _named_team(self, name: TeamName) -> TeamNode:
        if name.name in self.by_slug:
            return self.by_slug[name.name]
        found = self.by_name.get(name.name.casefold(), [])
        if len(found) > 1:
            slugs = " and ".join(sorted(node.slug for node in found))
            raise _RefusedError(f"There are {len(found)} teams called {name.name}: write the address, {slugs}.")
        return found[0] if found else self._new(name.name, slugify(name.name)[:63] or self._numbered(), None)

    def _github_team(self, name: TeamName, github_id: int) -> TeamNode:
        node = self.by_github_id.get(github_id)
        if node is None:
            same = [self.by_slug.get(name.slug), *self.by_name.get(name.name.casefold(), [])]
            node = next((one for one in same if one and one.github_id is None), None)
        if node is None:
            return self._new(name.name, name.slug, github_id)
        # GitHub's name wins; the address stays, so that links go on working.
        node.name, node.github_id = name.name, github_id
        self.by_github_id[github_id] = node
        return node

    def _new(self, name: str, slug: str, github_id: int | None) -> TeamNode:
        if other := self.by_slug.get(slug):
            raise _RefusedError(f"“{name}” would have the address t/{slug}/, which is that of the team “{other.name}”.")
        node = TeamNode(None, name, slug, github_id)
        self.teams.append(node)
        self.by_slug[slug] = node
        self.by_name.setdefault(name.casefold(), []).append(node)
        if github_id:
            self.by_github_id[github_id] = node
        return node

    def _numbered(self) -> str:
        """For names without a letter that an address could be made of."""
        candidates = ["team", *(f"team-{number}" for number in range(2, len(self.by_slug) + 2))]
        return next(slug for slug in candidates if slug not in self.by_slug)

    def _nest(self, place: int, team: TeamNode, parent: TeamNode) -> None:
        if team is parent:
            raise _RefusedError(f"“{team.name}” would be inside itself.")
        others = [other for other in team.wanted_by.values() if other is not parent]
        if others:
            raise _RefusedError(f"“{team.name}” is in “{parent.name}” here, and in “{others[0].name}” further up.")
        team.wanted_by[place] = parent
        team.parent = parent

    def refuse_rings(self) -> None:
        """Every line that helps to close a ring is wrong: none of them is more right than the others."""
        seen: set[TeamNode] = set()
        for start in self.teams:
            path: dict[TeamNode, int] = {}
            node: TeamNode | None = start
            while node and node not in seen:
                seen.add(node)
                path[node] = len(path)
                node = node.parent
            if node in path:
                ring = list(path)[path[node] :]
                words = " in ".join(f"“{one.name}”" for one in [*ring, ring[0]])
                for one in ring:
                    self.refused |= dict.fromkeys(one.wanted_by, f"Teams would be inside themselves: {words}.")

    # --- people

    def _person(self, names: list[Name]) -> PersonNode:
        found = {id(self.by_identity[name]): self.by_identity[name] for name in names if name in self.by_identity}
        if len(found) > 1:
            labels = " and ".join(person.label for person in found.values())
            raise _RefusedError(f"The address and the login are those of two people, {labels}: merge them first.")
        person = next(iter(found.values()), None)
        if person is None:
            person = PersonNode(None, display_name(*names[0]))
            self.people.append(person)
        for name in names:
            if name not in self.by_identity:
                person.new_names.append(name)
                self.by_identity[name] = person
        return person

    def _seat(self, line: Line, team: TeamNode, person: PersonNode) -> None:
        key = (id(team), id(person))
        if key in self.seats:
            seat, said = self.seats[key]
            if None not in {said, line.is_lead} and said != line.is_lead:
                raise _RefusedError(f"Another line says otherwise of whether {person.label} leads “{team.name}”.")
            self.repeats += 1
            if said is None and line.is_lead is not None:
                seat.is_lead = line.is_lead
                self.seats[key] = (seat, line.is_lead)
            return
        was = self.members.get((team.there.id, person.id)) if team.there and person.id else None
        self.seats[key] = (Seat(team, person, bool(was) if line.is_lead is None else line.is_lead, was), line.is_lead)

    def plan(self, problems: list[Problem]) -> Plan:
        teams = [team for team in self.teams if not team.there or team.is_renamed or team.is_moved or team.is_tied]
        people = [person for person in self.people if person.new_names]
        seats = [seat for seat, _ in self.seats.values() if seat.was_lead is None or seat.is_lead != seat.was_lead]
        return Plan(teams, people, seats, problems, self.repeats)


def _names(line: Line) -> list[Name]:
    pairs = ((str(IdentityKind.EMAIL), line.email), (str(IdentityKind.GITHUB), line.github))
    return [(kind, value) for kind, value in pairs if value]


def names_in(source: Source) -> list[Name]:
    """Every identity that the lines speak of, once."""
    return list(dict.fromkeys(name for line in source.lines for name in _names(line)))


def _slug(team: TeamNode | None) -> str | None:
    return team.slug if team else None


def _team_changes(teams: Iterable[TeamNode]) -> Iterable[Change]:
    for team in teams:
        place = f"inside {team.parent.name}" if team.parent else "at the top"
        if team.there is None:
            yield Change("Create team", team.name, place)
            continue
        if team.is_renamed:
            yield Change("Rename team", team.there.name, f"to {team.name}; its address stays t/{team.slug}/")
        if team.is_moved:
            yield Change("Move team", team.name, place)
        if team.is_tied:
            yield Change("Tie to GitHub", team.name, "follows the team of the same name there from now on")


def _people_changes(people: Iterable[PersonNode]) -> Iterable[Change]:
    for person in people:
        names = ", ".join(value for _, value in person.new_names)
        if person.id is None:
            yield Change("New person", person.label, f"known by {names}; nobody has signed in as them")
        else:
            yield Change("Add identity", person.label, f"also known by {names}")


def _seat_changes(seats: Iterable[Seat]) -> Iterable[Change]:
    for seat in seats:
        if seat.was_lead is None:
            yield Change("Add to team", seat.person.label, f"to {seat.team.name}{', as lead' if seat.is_lead else ''}")
        else:
            words = f"of {seat.team.name}"
            yield Change("Make lead" if seat.is_lead else "Make lead no more", seat.person.label, words)
