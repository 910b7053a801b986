"""Prompt to merge of every linked pull request, as a picture whose marks open them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from codecard.lib.formats import counted, day
from codecard.lib.periods import Days
from codecard.lib.svg.scatter import Kind, Mark, ScatterChart
from events.dashboards.narrowing import Filters
from events.metrics import latency_of_features, latency_of_small_patches
from events.metrics._base import By, Metric
from events.metrics._pulls import DIMENSIONS, parts_of
from events.models import ChangeClass, LatencyState
from events.queries.pull_facts import Pull

MOST = 200
_CLASSES = (ChangeClass.SMALL_PATCH, ChangeClass.FEATURE_WITH_TESTS)
HrefOf = Callable[[Pull], str]
LimitOf = Callable[[Metric], float | None]


def linked(pulls: Iterable[Pull], filters: Filters) -> list[Pull]:
    """AI-assisted and measured, of the filters; the newest first."""
    found = [
        pull
        for pull in pulls
        if pull.ai_class == "ai" and pull.latency == LatencyState.MEASURED and _fits(pull, filters)
    ]  # fmt: skip
    return sorted(found, key=lambda pull: (-pull.integrated, pull.id))


def coverage(pulls: Iterable[Pull]) -> tuple[int, int]:
    """How many AI-assisted pull requests are linked to a prompt, of how many."""
    assisted = [pull for pull in pulls if pull.ai_class == "ai"]
    return sum(pull.latency == LatencyState.MEASURED for pull in assisted), len(assisted)


def _fits(pull: Pull, filters: Filters) -> bool:
    parts = dict(zip(DIMENSIONS, parts_of(pull), strict=True))
    return all(parts.get(by) == value for by, value in filters.items() if by is not By.LANGUAGE)


def kinds_of(limit_of: LimitOf) -> tuple[Kind, ...]:
    return (
        Kind("Small patches", limit_of(latency_of_small_patches.METRIC), "small patches"),
        Kind("Features with tests", limit_of(latency_of_features.METRIC), "features"),
        Kind("Other"),
    )


def latency_chart(
    pulls: Sequence[Pull], shown: Days, zone: ZoneInfo, href_of: HrefOf, kinds: Sequence[Kind]
) -> ScatterChart:
    """Of at most `MOST`, the newest."""
    start, _ = shown.moments(zone)
    return ScatterChart(
        slug="latency",
        title="Prompt to merge, one mark per pull request",
        description=". ".join(_words(kind, i, pulls) for i, kind in enumerate(kinds) if kind.limit) + ".",
        kinds=kinds,
        marks=[_mark(pull, start, zone, href_of) for pull in reversed(pulls[:MOST])],
        days=[shown.start_on + timedelta(days=i) for i in range(shown.days)],
    )


def kind_of(pull: Pull) -> int:
    return _CLASSES.index(pull.change_class) if pull.change_class in _CLASSES else len(_CLASSES)


def _mark(pull: Pull, start: datetime, zone: ZoneInfo, href_of: HrefOf) -> Mark:
    at, href = datetime.fromtimestamp(pull.integrated, UTC), href_of(pull)
    return Mark(
        at=(at - start).total_seconds(),
        seconds=float(pull.seconds or 0),
        kind=kind_of(pull),
        name=f"{pull.full_name} #{pull.number}",
        when=day(at.astimezone(zone).date()),
        href=href,
    )


def in_time(kind: Kind, number: int, pulls: Iterable[Pull]) -> tuple[int, int]:
    """How many of a kind stayed under its bar, of how many."""
    took = [pull.seconds or 0 for pull in pulls if kind_of(pull) == number]
    return sum(kind.limit is not None and seconds <= kind.limit for seconds in took), len(took)


def _words(kind: Kind, number: int, pulls: Iterable[Pull]) -> str:
    k, n = in_time(kind, number, pulls)
    return f"{k} of {counted(n, 'pull request')} in time: {kind.name.lower()}"
