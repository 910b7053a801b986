"""Context of data health, declared in templates/events/health.html: can the numbers be trusted?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from codecard.lib.formats import counted
from codecard.lib.intervals import wilson
from codecard.lib.reading import Band, Reading
from events.models import Fate
from events.queries.health import Named, SourceHealth, health_of, newest_event_at
from events.sources import all_sources

WINDOW_DAYS, SPARK_DAYS = 28, 14
SILENT_AFTER = timedelta(days=3)
NOTABLE_DROPS = 0.01
ENOUGH_COVERAGE = Band(0.6, None)


@dataclass(frozen=True, slots=True)
class SourceRow:
    name: str
    spark: list[int]
    last_at: datetime | None
    kind: str
    word: str
    accepted: int
    duplicates: int
    superseded: int
    dropped: int
    ignored: int
    skewed: int
    reasons: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class UnknownRow:
    name: str
    kind: str
    source: str
    count: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Coverage:
    label: str
    reading: Reading
    hint: str


def health_context(organization_id: int, now: datetime) -> dict[str, Any]:
    today = now.date()
    found = health_of(organization_id, today - timedelta(days=WINDOW_DAYS - 1), today + timedelta(days=1))
    labels = {source.name: source.label for source in all_sources()} | {"code-card": "Events API"}
    return {
        "nav": "health",
        "window_days": WINDOW_DAYS,
        "state": _state(organization_id, found),
        "newest_at": None if found else newest_event_at(organization_id),
        "sources": [_source_row(health, labels, now) for health in found],
        "has_drops": any(health.items[Fate.REJECTED] for health in found),
        "coverage": _coverage(found),
        "unknown": _unknown(found, labels),
    }


def _state(organization_id: int, found: Sequence[SourceHealth]) -> str:
    if found:
        return "ready"
    return "silent" if newest_event_at(organization_id) else "empty"


def _source_row(health: SourceHealth, labels: dict[str, str], now: datetime) -> SourceRow:
    first = now.date() - timedelta(days=SPARK_DAYS - 1)
    kind, word = _verdict(health, now)
    return SourceRow(
        name=labels.get(health.source, health.source),
        spark=[health.by_day.get(first + timedelta(days=i), 0) for i in range(SPARK_DAYS)],
        last_at=health.newest_event_at,
        kind=kind,
        word=word,
        accepted=health.items[Fate.ACCEPTED],
        duplicates=health.items[Fate.DUPLICATE],
        superseded=health.items[Fate.SUPERSEDED],
        dropped=health.items[Fate.REJECTED],
        ignored=health.items[Fate.IGNORED],
        skewed=health.skewed,
        reasons=[(named.name, named.items) for named in health.names[Fate.REJECTED]],
    )


def _verdict(health: SourceHealth, now: datetime) -> tuple[str, str]:
    """The kind and the word of the state of a source: the worst that is true of it."""
    accepted, dropped = health.items[Fate.ACCEPTED], health.items[Fate.REJECTED]
    known = accepted + health.items[Fate.DUPLICATE] + health.items[Fate.SUPERSEDED]
    if not known:
        return ("bad", "Drops everything") if dropped else ("na", "Counted only")
    if health.seen_at and now - health.seen_at > SILENT_AFTER:
        return "warn", f"Silent for {counted((now - health.seen_at).days, 'day')}"
    if dropped > NOTABLE_DROPS * (known + dropped):
        return "warn", "Drops some"
    return ("warn", "Clock is ahead") if health.skewed else ("ok", "Healthy")


def _coverage(found: Iterable[SourceHealth]) -> list[Coverage]:
    accepted = sum(health.items[Fate.ACCEPTED] for health in found)
    return [
        Coverage(
            "Session known",
            _covered(sum(health.with_session for health in found), accepted),
            "Decisions of one session are alike: without it intervals are too narrow.",
        ),
        Coverage(
            "Repository known",
            _covered(sum(health.with_repository for health in found), accepted),
            "Start the tools inside a clone with a remote, and switch the repository on where the snippet says so.",
        ),
        Coverage(
            "Person known",
            _covered(sum(health.with_person for health in found), accepted),
            "Events of a shared key without an e-mail address belong to the key.",
        ),
    ]


def _covered(known: int, accepted: int) -> Reading:
    if not accepted:
        return Reading(value=None, noun="events", band=ENOUGH_COVERAGE)
    known = min(known, accepted)
    return Reading(
        value=known / accepted, n=accepted, noun="events", interval=wilson(known, accepted), band=ENOUGH_COVERAGE
    )


def _unknown(found: Iterable[SourceHealth], labels: dict[str, str]) -> list[UnknownRow]:
    rows = [
        _unknown_row(named, labels.get(health.source, health.source))
        for health in found
        for named in health.names[Fate.UNKNOWN]
    ]
    return sorted(rows, key=lambda row: -row.count)


_SIGNALS = {"logs": "event", "metrics": "metric", "traces": "span", "events": "event"}


def _unknown_row(named: Named, source: str) -> UnknownRow:
    signal, _, name = named.name.partition(": ")
    return UnknownRow(name or named.name, _SIGNALS.get(signal, "event"), source, named.items, named.last_at)
