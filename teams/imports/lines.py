"""What sources of teams are read into. Plain data, so that it can wait in the cache while somebody looks at it."""

from typing import Any, NamedTuple


class TeamName(NamedTuple):
    """How a source calls a team. With a GitHub id that decides, and the name follows GitHub's."""

    name: str
    slug: str = ""
    github_id: int | None = None


class Line(NamedTuple):
    """A team, maybe inside another, maybe with one person in it."""

    number: int
    """In the file, 0 where there is none."""
    team: TeamName
    parent: TeamName | None = None
    """None: the source says nothing, and the team stays where it is."""
    email: str = ""
    github: str = ""
    is_lead: bool | None = None
    """None: the source says nothing."""


class Problem(NamedTuple):
    """A line that can't be used, and why."""

    number: int
    text: str


class Source(NamedTuple):
    label: str
    """Where it came from, such as the name of the file."""
    lines: list[Line]
    problems: list[Problem]
    notes: list[str]
    """What the reader should know of how it was read."""


def as_data(source: Source) -> dict[str, Any]:
    """Lists and words only."""
    return {
        "label": source.label,
        "lines": [
            [line.number, list(line.team), list(line.parent) if line.parent else None, *line[3:]]
            for line in source.lines
        ],
        "problems": [list(problem) for problem in source.problems],
        "notes": source.notes,
    }


def from_data(data: dict[str, Any]) -> Source:
    lines = [
        Line(number, TeamName(*team), TeamName(*parent) if parent else None, *rest)
        for number, team, parent, *rest in data["lines"]
    ]
    return Source(data["label"], lines, [Problem(*problem) for problem in data["problems"]], data["notes"])
