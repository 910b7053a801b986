"""What analysers in CI say of the Python that pull requests bring, and of what stood there before: radon and ruff."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from events.simulation.chance import seeded
from events.simulation.forge import git
from events.simulation.forge.git import Blob, Tree
from events.simulation.forge.stories import Story
from events.simulation.forge.world import World

LINES = 18
"""Of a function."""


class Report(NamedTuple):
    """`number`: of the pull request; None for the default branch."""

    repository: str
    sha: str
    number: int | None
    tool: str
    content: Any


def between(world: World, start: datetime, end: datetime) -> Iterator[Report]:
    for story in world.stories:
        if story.integrated_at and start <= story.integrated_at < end:
            yield from _of(world, story)


def _of(world: World, story: Story) -> Iterator[Report]:
    """Analysers run on everything that is there, of the branch and of what it was put on."""
    repository, pull = world.repositories[story.repository], story.pull
    if pull is None or not touched(world, story):
        return
    before = repository.commits[story.integrated[0]].parents[0]
    name = repository.full_name
    yield Report(name, before.sha, None, "radon", _radon(before.tree))
    yield Report(name, pull.head.sha, pull.number, "radon", _radon(pull.head.tree))
    yield Report(name, pull.head.sha, pull.number, "ruff", _ruff(pull.head.tree))


def touched(world: World, story: Story) -> list[str]:
    """The Python that it brought, where CI reports it."""
    if story.pull is None or world.repositories[story.repository].language != "Python":
        return []
    changes = git.differences(story.pull.fork.tree, story.pull.head.tree)
    return [change.path for change in changes if change.new and change.path.endswith(".py")]


def functions(path: str, blob: Blob) -> list[tuple[int, int, int]]:
    """First line, last line and complexity of each. One function in five is a little harder to read after a change."""
    found = []
    for first in range(0, len(blob.lines), LINES):
        lines = blob.lines[first : first + LINES]
        usual = seeded("complexity", path, first).lognormvariate(1.3, 0.5)
        harder = seeded("harder", *lines).random() < 0.2
        found.append((first + 1, first + len(lines), 1 + round(usual) + 2 * harder))
    return found


def _radon(tree: Tree) -> dict[str, Any]:
    return {
        path: [
            {"type": "function", "name": f"step_{first}", "lineno": first, "endline": last, "complexity": complexity}
            for first, last, complexity in functions(path, blob)
        ]
        for path, blob in _python(tree)
    }


def _ruff(tree: Tree) -> list[dict[str, Any]]:
    """About one line in eighty."""
    return [
        {"filename": path, "code": "E501", "location": {"row": row, "column": 121}}
        for path, blob in _python(tree)
        for row, line in enumerate(blob.lines, 1)
        if seeded("style", path, line).random() < 1 / 80
    ]


def _python(tree: Tree) -> Iterator[tuple[str, Blob]]:
    return ((path, blob) for path, blob in tree.items() if path.endswith(".py"))
