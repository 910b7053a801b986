"""The company's side of the forge: its repositories and accounts, and the clock by which its many lives take turns."""

import heapq
from collections.abc import Generator
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import count
from random import Random

from events.simulation.chance import seeded
from events.simulation.forge import text
from events.simulation.forge.diffs import Lines
from events.simulation.forge.git import Blob, Tree
from events.simulation.forge.hosting import DEFAULT, Repository
from events.simulation.forge.state import Account, Issue, Log
from events.simulation.forge.stories import Bug, Reported, Story
from events.simulation.forge.tasks import Task
from events.simulation.people import Person
from events.simulation.trends import Project, weeks_ago

Life = Generator[datetime, None, None]
"""What somebody or something does: yields the moment at which it goes on."""
DEPENDABOT = Account(
    "dependabot[bot]", 49_699_333, "dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com", "Bot"
)
HISTORY = timedelta(days=40)
"""How much older than the first week a repository is."""


class World:
    """`start` is midnight UTC of the first day. Everything that happens before `until` happens."""

    def __init__(self, seed: int, owner: str, people: list[Person], start: date, until: date) -> None:
        self.seed = seed
        self.people = [person for person in people if person.is_working and not person.is_bot and person.is_member]
        self.start = datetime.combine(start, time(), UTC)
        self.until = datetime.combine(until, time(), UTC)
        self.owner = Account(owner, 70_001, owner.title(), "", "Organization")
        self.accounts = {person.number: account_of(person) for person in people if not person.is_bot}
        self.log = Log()
        self.repositories: dict[str, Repository] = {}
        self.stories: list[Story] = []
        self.bugs: list[Bug] = []
        self.tasks: list[Task] = []
        """All of the company, also those without a pull request."""
        self.lingering: dict[str, list[Issue]] = {}
        """Bugs that everybody knows of and nobody has mended, by repository."""
        self.reported: dict[str, list[Reported]] = {}
        self._waiting: list[tuple[datetime, int, Life]] = []
        self._turns = count()

    @cached_property
    def by_email(self) -> dict[str, Account]:
        """Whose commits are known by their address."""
        return {account.email: account for account in (*self.accounts.values(), DEPENDABOT)}

    def weeks_ago(self, at: datetime) -> int:
        return weeks_ago(at.date(), self.until.date())

    def begin(self, life: Life) -> None:
        """From its first moment on."""
        self._go_on(life, datetime.min.replace(tzinfo=UTC))

    def run(self) -> None:
        while self._waiting and self._waiting[0][0] < self.until:
            at, _, life = heapq.heappop(self._waiting)
            self._go_on(life, at)

    def _go_on(self, life: Life, at: datetime) -> None:
        following = next(life, None)
        if following is not None:
            heapq.heappush(self._waiting, (max(following, at), next(self._turns), life))

    def add_repository(
        self, project: Project, number: int, files: int = 26, lines: tuple[int, int] = (60, 200)
    ) -> Repository:
        random = seeded(self.seed, "repository", project.name)
        made_at = self.start - HISTORY
        repository = Repository(
            self.owner, project.name, 880_000 + number, project.language, made_at - timedelta(days=300), self.log
        )
        self.repositories[project.name], self.lingering[project.name] = repository, []
        by = self.accounts[self.people[number % len(self.people)].number]
        paths = _paths(random, project.files, files)
        tree = {path: Blob.of(text.whole(random, path, random.randrange(*lines))) for path in paths}
        first = repository.commit(None, tree, by, made_at, "Begin\n")
        repository.push(DEFAULT, first, by, made_at)
        return repository

    def person_of(self, account: Account) -> Person | None:
        return next((person for person in self.people if self.accounts[person.number] is account), None)

    def reviewer(self, random: Random, author: Account) -> Account:
        others = [person for person in self.people if self.accounts[person.number] is not author]
        return self.accounts[random.choice(others).number] if others else author


def account_of(person: Person) -> Account:
    login = f"{person.name.lower().replace(' ', '-')}-{person.number}"
    return Account(login, 500_000 + person.number, person.name, person.email)


def _paths(random: Random, files: tuple[str, ...], many: int) -> list[str]:
    """The project's own files, and more of the same kinds beside them."""
    found = dict.fromkeys(files)
    sources = [path for path in files if "/" in path and text.extension(path) in text.SOURCE]
    while len(found) < many:
        path = random.choice(sources or list(files))
        stem, _, extension = path.rpartition(".")
        found.setdefault(f"{stem.rpartition('/')[0]}/{random.choice(_STEMS)}_{random.randrange(100)}.{extension}")
    return list(found)


_STEMS = ("orders", "prices", "stock", "labels", "routes", "quotas", "batches", "windows", "margins", "parcels")


def changed(tree: Tree, path: str, lines: Lines) -> dict[str, Blob]:
    return {**tree, path: Blob.of(lines)}


def working(random: Random, at: datetime) -> datetime:
    """The moment, or the next one at which people work."""
    if at.hour >= 20:
        at = at + timedelta(hours=11)
    if at.hour < 6:
        at = at.replace(hour=7, minute=random.randrange(60))
    if at.weekday() >= 5:
        at = (at + timedelta(days=7 - at.weekday())).replace(hour=7 + random.randrange(2), minute=random.randrange(60))
    return at


def soon(random: Random, at: datetime, minutes: float, spread: float = 0.8) -> datetime:
    """About so many minutes later, now and then much later; to the second."""
    return (at + timedelta(minutes=minutes * random.lognormvariate(0, spread))).replace(microsecond=0)
