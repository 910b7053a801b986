"""Prompt to integration as a measured value of pull requests, shared by the metrics of all, small and larger ones."""

from collections.abc import Iterable, Iterator

from events.metrics._base import Case
from events.metrics._pulls import cases_of
from events.metrics._samples import Values
from events.models import LatencyState
from events.queries.facts import Facts
from events.queries.pull_facts import Pull

# Without a prompt, or with one after the end, nothing can be measured: they count in the coverage.
_COUNTED = frozenset({LatencyState.MEASURED, LatencyState.NO_PROMPT, LatencyState.NEGATIVE})


def latencies(facts: Facts, change_class: str = "") -> Iterator[Case]:
    """Of AI-assisted pull requests of the class, all without one."""
    pulls: Iterable[Pull] = (
        pull
        for pull in facts.own_pulls
        if pull.ai_class == "ai" and pull.latency in _COUNTED and change_class in ("", pull.change_class)
    )
    return cases_of(pulls, _seconds, Values())


def _seconds(pull: Pull) -> Values | None:
    is_measured = pull.latency == LatencyState.MEASURED and pull.seconds is not None
    return Values((float(pull.seconds or 0),)) if is_measured else None
