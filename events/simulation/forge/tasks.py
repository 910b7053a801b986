"""Which sessions of a week were about the same thing: a task has a branch of its own, and every fifth or so becomes a
pull request."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from events.schema import Activity, Git, Prompt, Suggestion
from events.simulation.chance import seeded
from events.simulation.people import Person
from events.simulation.trends import CRITICAL_REPOSITORY, Project
from events.simulation.work import Work

_MOST_SESSIONS = 12
_BECOME_PULLS = 0.1
_BECOME_PULLS_OF = {CRITICAL_REPOSITORY: 0.22}
_PREFIXES = {"claude-code": ("claude", 0.15), "codex": ("codex", 0.4), "copilot": ("copilot", 0.3)}
_THINGS = ("basket", "refunds", "search", "limits", "retry", "labels", "export", "cache", "upgrade", "cleanup")


class Session(NamedTuple):
    """What a forge needs to know of a session: a light copy, since a company has ten thousand of them."""

    key: str
    tool: str
    start: datetime
    end: datetime
    prompts: tuple[datetime, ...]
    commits: tuple[datetime, ...]
    """When the tool committed and said so."""
    added: int
    removed: int
    is_accepted: bool
    """Whether anything that it suggested was taken."""


class Task(NamedTuple):
    person: Person
    project: Project
    branch: str
    sessions: tuple[Session, ...]
    is_pull: bool

    @property
    def key(self) -> str:
        return self.sessions[0].key


def tasks(works: Sequence[Work]) -> list[Task]:
    """Of one person's work in one week. It depends on nothing else, so that every week can be made by itself."""
    found: list[Task] = []
    for project in dict.fromkeys(work.project for work in works):
        left = [work for work in works if work.project == project]
        while left:
            random = seeded("task", left[0].session)
            many = 1 + min(_MOST_SESSIONS - 1, int(random.expovariate(1 / 4)))
            share = _BECOME_PULLS_OF.get(project.name, _BECOME_PULLS)
            found.append(_task(left[:many], random.random() < share))
            left = left[many:]
    return found


def _task(works: Sequence[Work], is_pull: bool) -> Task:
    random = seeded("branch", works[0].session)
    prefix, share = _PREFIXES.get(works[0].tool, ("feature", 0.0))
    name = f"{random.choice(_THINGS)}-{random.randrange(1_000, 100_000)}"
    branch = f"{prefix if random.random() < share else 'feature'}/{name}"
    return Task(works[0].person, works[0].project, branch, tuple(map(session_of, works)), is_pull)


def session_of(work: Work) -> Session:
    events = work.events
    lines = [event for event in events if isinstance(event, Activity)]
    return Session(
        work.session,
        work.tool,
        work.start,
        events[-1].at,
        tuple(event.at for event in events if isinstance(event, Prompt)),
        tuple(at for event in events if isinstance(event, Git) for at in commit_times(event)),
        sum(event.lines_added for event in lines),
        sum(event.lines_removed for event in lines),
        any(isinstance(event, Suggestion) and event.outcome == "accepted" for event in events),
    )


def commit_times(event: Git) -> list[datetime]:
    """When each commit of a report was made, to the second: what Git keeps."""
    last = event.at.replace(microsecond=0)
    return [last - timedelta(seconds=40 * (event.commits - 1 - index)) for index in range(event.commits)]


def on_branches(works: Sequence[Work]) -> list[Work]:
    """The same work, each session on the branch of its task."""
    branches = {session.key: task.branch for task in tasks(works) for session in task.sessions}
    return [_on(work, branches[work.session]) for work in works]


def _on(work: Work, branch: str) -> Work:
    for event in work.events:
        event.branch = branch
    return work._replace(branch=branch)


def of_everybody(works: Iterable[Sequence[Work]]) -> list[Task]:
    return [task for of_person in works for task in tasks(of_person)]
