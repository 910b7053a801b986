"""What the bots did on a day: tests on the build server, and updates of dependencies."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random

from events.schema import Event, Git, TestRun
from events.simulation import trends
from events.simulation.chance import seeded
from events.simulation.people import Person


def events(seed: int, bot: Person, day: date) -> list[Event]:
    """In the order of time, without a session."""
    random = seeded(seed, "bot", bot.number, day.toordinal())
    made = _updates if bot.name.startswith("Dependency") else _builds
    return sorted(made(random, day), key=lambda event: event.at)


def _builds(random: Random, day: date) -> Iterator[Event]:
    for project in trends.PROJECTS:
        for _ in range(int(8 * trends.attendance(day) + random.random())):
            yield TestRun(
                id=f"build-{random.getrandbits(64):016x}", at=_moment(random, day), tool="build-bot", place="ci",
                repository=project.repository, runner=project.runner, duration_ms=random.randrange(30_000, 900_000),
                outcome="passed" if random.random() < 0.86 else "failed",
            )  # fmt: skip


def _updates(random: Random, day: date) -> Iterator[Event]:
    for project in random.sample(trends.PROJECTS, 1 + random.randrange(2)):
        yield Git(
            id=f"update-{random.getrandbits(64):016x}", at=_moment(random, day), tool="dependency-bot",
            repository=project.repository, commits=1, pull_requests=1,
        )  # fmt: skip


def _moment(random: Random, day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=random.randrange(5 * 3600, 20 * 3600))
