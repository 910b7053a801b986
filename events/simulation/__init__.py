"""A seeded simulator of a company that writes software with AI: what its people's tools would have sent.

    simulation = Simulation(seed=1, people=36, weeks=26, until=date(2026, 6, 1))
    for body in simulation.bodies(week=0):   # 0 is the newest; each week is made by itself
        send(body.path, body.content_type, body.data, key_of(body.sender))

The same seed means the same facts with the same identities, so that sending them again changes nothing. Pure: no
Django, no HTTP, no clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from itertools import chain, count

from events.schema import Event
from events.simulation import bots, claude_code, codex, copilot, gemini_cli, own, trends
from events.simulation.forge import Forge
from events.simulation.forge.tasks import of_everybody, on_branches
from events.simulation.otlp import Body
from events.simulation.people import Person, Telling, cast
from events.simulation.totals import Totals
from events.simulation.work import TELLS_COMMITS, Work, works

__all__ = ["Body", "Person", "Simulation", "Totals", "batches"]

_WIRES = {
    "claude-code": claude_code.bodies,
    "codex": codex.bodies,
    "gemini-cli": gemini_cli.bodies,
    "copilot": copilot.bodies,
    "copilot-chat": copilot.bodies,
    "quill": own.bodies,
}


@dataclass(frozen=True)
class Simulation:
    """`weeks` weeks from Monday to Sunday that are over before `until`, the newest with the days that follow it. Told
    by weeks before the end, so that on whatever day it ends, the story of the whole weeks stays the same. `telling`:
    how tools say whose a fact is, where they all send with one key; without it each person has the ways of the sample.
    `pace` multiplies the work done."""

    seed: int
    people: int
    weeks: int
    until: date
    telling: Telling | None = None
    pace: float = 1.0

    @cached_property
    def cast(self) -> list[Person]:
        return cast(self.seed, self.people, self.telling)

    def bodies(self, week: int) -> Iterator[Body]:
        """The requests of one week, 0 being the newest. Some are sent twice, with two keys of one person."""
        for person in self.cast:
            if person.is_bot:
                yield from own.of_events(self._bot_events(person, week), person.sender)
            for tool in person.tools:
                done = [self._told(work) for work in self._works(person, week) if work.tool == tool]
                for body in _WIRES[tool](done) if done else ():
                    yield body
                    if person.has_second_key and week % 4 == 1:
                        yield body._replace(sender=person.second_sender)

    def meant(self, week: int) -> Totals:
        """What the requests of a week tell, added up."""
        totals = Totals()
        for person in self.cast:
            totals.add(self._bot_events(person, week))
            totals.add(chain.from_iterable(work.events for work in self._works(person, week)))
        return totals

    @property
    def forge(self) -> Forge:
        """The forge that holds what came of the work of all weeks. Kept for the next who asks: it takes a while."""
        return _forge(self)

    def days(self, week: int) -> list[date]:
        start = trends.monday(self.until) - timedelta(days=7 * (week + 1))
        end = start + timedelta(days=7) if week else self.until
        return [start + timedelta(days=number) for number in range((end - start).days)]

    def _told(self, work: Work) -> Work:
        """With the commits that the forge knows of; without a forge where all tools send with one key."""
        if self.telling is not None or work.tool not in TELLS_COMMITS:
            return work
        return work._replace(commits=self.forge.client_commits(work.session))

    def _works(self, person: Person, week: int) -> list[Work]:
        if not person.is_working:
            return []
        days = [(day, trends.weeks_ago(day, self.until)) for day in self.days(week)]
        return on_branches([work for day, ago in days for work in works(self.seed, person, day, ago, self.pace)])

    def _bot_events(self, person: Person, week: int) -> list[Event]:
        if not person.is_bot:
            return []
        return [event for day in self.days(week) for event in bots.events(self.seed, person, day)]


@lru_cache(maxsize=1)
def _forge(simulation: Simulation) -> Forge:
    tasks = (
        task
        for week in reversed(range(simulation.weeks))
        for task in of_everybody(simulation._works(person, week) for person in simulation.cast)
    )
    start = trends.monday(simulation.until) - timedelta(days=7 * simulation.weeks)
    return Forge.of_company(simulation.seed, simulation.cast, list(tasks), start, simulation.until)


def batches(
    seed: int, events: int, people: int = 40, until: date = date(2026, 1, 1), size: int = 1_000
) -> Iterator[bytes]:
    """Bodies of the product's own wire with `size` events each, `events` in all: days of believable work, newest
    first, in the order of a day. Different seeds give different facts, so that many organizations can be filled."""
    told = _without_end(seed, people, until)
    for start in range(0, events, size):
        yield own.encode([event for event, _ in zip(told, range(min(size, events - start)), strict=False)])


def _without_end(seed: int, people: int, until: date) -> Iterator[Event]:
    persons = [person for person in cast(seed, people, "email") if person.is_working]
    for ago in count(1):
        day = until - timedelta(days=ago)
        for person in persons:
            for work in works(seed, person, day, ago // 7):
                for event in work.events:
                    event.email = person.email
                    yield event
