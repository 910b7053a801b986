"""Cases that are rows of the roll-ups: what each of them is broken down by."""

from collections.abc import Callable, Iterator
from typing import Final

from events.metrics._base import UNKNOWN, By, Case
from events.metrics._samples import Sample
from events.queries.cells import Has
from events.queries.facts import Detail, Facts

DIMENSIONS: Final = (By.TASK, By.MODEL, By.TOOL, By.REPOSITORY, By.LANGUAGE)


def cases_of(facts: Facts, has: Has, sample_of: Callable[[Detail], Sample]) -> Iterator[Case]:
    """One case a row whose people have data of the measure."""
    for detail in facts.details:
        people = detail.people[has]
        if people:
            yield Case(detail.week_on, parts_of(detail), people, sample_of(detail))


def parts_of(detail: Detail) -> tuple[str, ...]:
    return (
        detail.task or UNKNOWN, detail.model or UNKNOWN, detail.tool or UNKNOWN, detail.repository or UNKNOWN,
        detail.language or UNKNOWN,
    )  # fmt: skip
