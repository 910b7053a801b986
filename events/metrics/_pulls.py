"""Cases that are pull requests: what each of them is broken down by."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from events.metrics._base import SEVERAL, UNKNOWN, By, Case
from events.metrics._samples import Sample
from events.queries.facts import Facts
from events.queries.pull_facts import Pull

DIMENSIONS: Final = (By.TASK, By.REPOSITORY, By.SIZE, By.TOOL, By.MODEL)


def cases_of(
    pulls: Iterable[Pull], sample_of: Callable[[Pull], Sample | None], nothing: Sample, *, is_due: bool = False
) -> Iterator[Case]:
    """One case a pull request, in the week of its integration, or of the end of its window. `sample_of` None: it
    belongs to the population, and nothing is known of it."""
    for pull in pulls:
        sample = sample_of(pull)
        week_on = pull.due_week_on if is_due else pull.week_on
        yield Case(week_on, parts_of(pull), frozenset((pull.author,)), nothing if sample is None else sample, 1)


def behaviour_of(facts: Facts, sample_of: Callable[[Pull], Sample | None], nothing: Sample) -> Iterator[Case]:
    """The AI-assisted ones of all settled people, so that the floor sees whose sessions are in a number."""
    for pull in facts.pulls:
        if pull.ai_class == "ai":
            sample = sample_of(pull)
            people = frozenset((pull.author,)) if sample is not None else frozenset[int]()
            is_own = facts.is_everybody or pull.author in facts.group.people
            told = sample if is_own and sample is not None else nothing
            yield Case(pull.week_on, parts_of(pull), people, told, int(is_own))


def parts_of(pull: Pull) -> tuple[str, ...]:
    return (
        pull.task or UNKNOWN, pull.repository, str(pull.size) if pull.size else UNKNOWN, _one(pull.tools),
        _one(pull.models),
    )  # fmt: skip


def _one(names: Sequence[str]) -> str:
    return UNKNOWN if not names else names[0] if len(names) == 1 else SEVERAL


def assisted(facts: Facts) -> list[Pull]:
    """The AI-assisted ones of the group's own people."""
    return [pull for pull in facts.own_pulls if pull.ai_class == "ai"]
