"""A small forge that plays GitHub for invented repositories: what happens in them, what it tells of it by webhook, and
what it answers when asked. And, unlike GitHub, it knows the truth.

    forge = Forge.of_company(seed, people, tasks, start, until)    # or Forge.big(seed, pulls=10_000)
    for delivery in forge.webhooks(week=0):                        # the newest week
        send(delivery.event, delivery.delivery_id, delivery.payload)
    status, headers, body = forge.rest("GET", "/repos/quillmere/payments/pulls", {"state": "all"}, {})
    status, headers, body = forge.graphql(query, variables)
    truth = forge.truth()

Pure: no Django, no HTTP, no clock, the same for the same seed. Content is real as far as it goes: commits have Git's
own SHAs, patches are differences of texts, and blame follows from them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from events.simulation.chance import seeded
from events.simulation.forge import company, diffs, git, graphql, quality, rest, truth, webhooks
from events.simulation.forge.git import Commit
from events.simulation.forge.hosting import Repository
from events.simulation.forge.quality import Report
from events.simulation.forge.tasks import Task
from events.simulation.forge.truth import Truth
from events.simulation.forge.webhooks import Delivery
from events.simulation.forge.world import World
from events.simulation.people import Person, cast
from events.simulation.trends import PROJECTS, Project
from events.simulation.work import ClientCommit

__all__ = ["OWNER", "Delivery", "Forge", "Report", "Truth"]

OWNER = "quillmere"
_BIG = Project("monolith", "Python", "pytest", "python -m pytest -q", (
    "shop/basket.py", "shop/orders.py", "tests/test_orders.py", "docs/notes.md", "pyproject.toml",
))  # fmt: skip


class Forge:
    """Made whole by one of the class methods; everything that is asked of it afterwards changes nothing."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.api_url = "https://git.sample.invalid/api/v3"
        """Where its next pages are; whoever serves it over HTTP says where that is."""

    @classmethod
    def of_company(
        cls, seed: int, people: Sequence[Person], tasks: Sequence[Task], start: date, until: date
    ) -> "Forge":
        world = World(seed, OWNER, list(people), start, until)
        for number, project in enumerate(PROJECTS):
            _begin_repository(world, project, number)
        company.of_vendor(world, world.repositories["shop-web"], world.start + timedelta(days=2, hours=10))
        for week in _weeks(world):
            for person in world.people:
                random = seeded(seed, "hands?", person.number, world.weeks_ago(week))
                if random.random() < 0.2:
                    world.begin(company.of_hands(world, person, random.choice(list(world.repositories.values())), week))
        for task in tasks:
            world.tasks.append(task)
            if task.is_pull:
                company.of_task(world, task)
        world.run()
        return cls(world)

    @classmethod
    def big(cls, seed: int = 1, pulls: int = 10_000, until: date = date(2026, 6, 1)) -> "Forge":
        """One repository with so many pull requests in two years, made by hands and bots: for benches."""
        days = 730
        world = World(seed, OWNER, cast(seed, 60, "email"), until - timedelta(days=days), until)
        repository = world.add_repository(_BIG, 100, files=40, lines=(50, 110))
        company.of_vendor(world, repository, world.start + timedelta(days=2))
        for number in range(pulls - 1):
            at = world.start + timedelta(days=1) + number * timedelta(days=days - 6) / pulls
            world.begin(company.of_many(world, repository, at, number))
        world.run()
        return cls(world)

    @property
    def repositories(self) -> dict[str, Repository]:
        """By `owner/name`."""
        return {repository.full_name: repository for repository in self.world.repositories.values()}

    def webhooks(self, week: int) -> Iterator[Delivery]:
        """What it told in a week, 0 being the newest, in the order of time. What was there before the first week is
        history, of which nobody is told."""
        return webhooks.between(self.world, *self._span(week))

    def reports(self, week: int) -> Iterator[Report]:
        """What CI reports of the pull requests that were integrated in a week."""
        return quality.between(self.world, *self._span(week))

    def _span(self, week: int) -> tuple[datetime, datetime]:
        monday = self.world.until - timedelta(days=self.world.until.weekday() + 7 * week)
        return monday - timedelta(days=7), monday if week else self.world.until

    def rest(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[int, dict[str, str], Any]:  # fmt: skip
        """Status, headers and the JSON of an answer. `path` begins after the API's address; names of `headers` are in
        lower case."""
        return rest.answer(self.world, self.api_url, method, path, query, headers)

    def graphql(self, query: str, variables: Mapping[str, Any]) -> tuple[int, dict[str, str], Any]:
        return graphql.answer(self.world, query, variables)

    @cached_property
    def _truth(self) -> Truth:
        return truth.of(self.world)

    def truth(self) -> Truth:
        return self._truth

    def client_commits(self, session: str) -> tuple[ClientCommit, ...]:
        """The commits that a session's tool told of, in order; none for a session without a pull request."""
        return tuple(_client_commit(told.commit) for told in self.world.reported.get(session, ()))


def _client_commit(commit: Commit) -> ClientCommit:
    changes = commit.changes
    added = {change.path: diffs.counts(*change.lines)[0] for change in changes if change.new}
    parents = tuple(parent.sha for parent in commit.parents)
    return ClientCommit(
        commit.author.at, commit.sha, parents, commit.tree_sha, git.patch_id(changes),
        {path: lines for path, lines in added.items() if lines},
    )  # fmt: skip


def _begin_repository(world: World, project: Project, number: int) -> None:
    repository = world.add_repository(project, number)
    for week in _weeks(world):
        world.begin(company.of_nobody_s_review(world, repository, week))
        if seeded(world.seed, "bot?", project.name, world.weeks_ago(week)).random() < 0.35:
            world.begin(company.of_bot(world, repository, week))


def _weeks(world: World) -> Iterator[datetime]:
    at = world.start
    while at < world.until:
        yield at
        at += timedelta(days=7)
