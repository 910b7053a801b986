"""What a source is: one wire, one file, bytes to normalised events. Pure: no Django, no HTTP, no clock.

A source recognises its sender by the resource, is handed one record, point or span at a time, and puts what it means
into a `Parsed`. What it can't use it counts; what is malformed it refuses by raising `Invalid` with the reason, which
rejects that one item and nothing else.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from events.schema import Commit, Event, Kind, PathClass, Point, TaskType
from events.sources import _paths

Signal = Literal["logs", "metrics", "traces", "events"]
Attributes = Mapping[str, Any]


class Invalid(ValueError):
    """One item can't be used; the text says why, in words for the sender, and quotes nothing of the item's content."""


class Unreadable(ValueError):
    """The whole body can't be decoded; the text says why."""


@dataclass(frozen=True)
class Channel:
    """One way in which facts of a tool arrive. Where two channels of a tool tell the same kind of fact about the same
    session, only the one with the lowest rank counts; channels of equal rank tell different things, and both count.
    `number` is stored: never reuse one."""

    name: str
    number: int
    rank: int
    ranks: Mapping[Kind, int] = field(default_factory=dict, hash=False)

    def rank_of(self, kind: Kind) -> int:
        return self.ranks.get(kind, self.rank)


class Record(NamedTuple):
    """One OTLP log record. `name` is attribute `event.name`, else the record's event name. The body is never read."""

    resource: Attributes
    scope: str
    name: str
    time_ns: int
    observed_ns: int
    attributes: Attributes


class DataPoint(NamedTuple):
    """One OTLP number or histogram data point. For a histogram `value` is its sum and `count` its count."""

    resource: Attributes
    scope: str
    name: str
    type: Literal["sum", "gauge", "histogram"]
    is_cumulative: bool
    start_ns: int
    time_ns: int
    value: float
    count: int  # type: ignore[assignment]  # hides the method that every tuple has
    attributes: Attributes


class Span(NamedTuple):
    """One OTLP span."""

    resource: Attributes
    scope: str
    name: str
    span_id: str
    start_ns: int
    end_ns: int
    is_error: bool
    attributes: Attributes


class Group(NamedTuple):
    """Facts that are judged together: the channel they came by and, where the channel has no session of its own,
    the scope (an exporter's instance) within which channels are compared."""

    source: str
    channel: Channel
    scope: str | None


class Rejected(NamedTuple):
    index: int  # type: ignore[assignment]  # as above
    reason: str


_PRINTABLE_NAME = re.compile(r"[\w.:\-]{1,120}", re.ASCII)


@dataclass
class Parsed:
    """What a body holds. `ignored`: known names that nothing is made of; `unknown`: names this version doesn't know.
    Both are counted by (source, signal, name) and shown in data health."""

    groups: defaultdict[Group, list[Event]] = field(default_factory=lambda: defaultdict(list))
    points: defaultdict[Group, list[Point]] = field(default_factory=lambda: defaultdict(list))
    commits: list[Commit] = field(default_factory=list)
    commit_places: list[int] = field(default_factory=list)
    """Where the commits stood among the items of the body, on a wire that has them as items."""
    ignored: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    unknown: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    rejected: list[Rejected] = field(default_factory=list)
    halves: dict[object, Any] = field(default_factory=dict, repr=False)
    """Scratch of the sources: what is known of a fact of which the body has told only a part yet."""
    items: int = 0

    def add(self, source: str, channel: Channel, event: Event, scope: str | None = None) -> None:
        self.groups[Group(source, channel, scope)].append(event)

    def add_point(self, source: str, channel: Channel, point: Point, scope: str | None = None) -> None:
        self.points[Group(source, channel, scope)].append(point)

    def ignore(self, source: str, signal: Signal, name: str) -> None:
        self.ignored[source, signal, shown_name(name)] += 1

    def not_known(self, source: str, signal: Signal, name: str) -> None:
        self.unknown[source, signal, shown_name(name)] += 1

    def reject(self, index: int, reason: str) -> None:
        self.rejected.append(Rejected(index, reason))

    def events(self) -> Iterator[Event]:
        for events in self.groups.values():
            yield from events


def shown_name(name: str) -> str:
    """A sender's name for something as data health may show it: neither a sentence nor a path, which is content."""
    return name if _PRINTABLE_NAME.fullmatch(name) else "(unprintable name)"


def hash_path(path: str, key: bytes) -> int:
    """A keyed 64-bit hash of a path, the same for the same organization: equality without the path."""
    return int.from_bytes(
        hashlib.blake2b(path.encode("utf-8", "replace"), digest_size=8, key=key).digest(), "big", signed=True
    )


class Context(NamedTuple):
    """What a source may know of where a body arrived. `type_of`: what the organization's own rules say of a path."""

    path_key: bytes
    type_of: Callable[[str], TaskType | None] = _paths.by_no_rule


class Place(NamedTuple):
    """What is kept of a path."""

    path_class: PathClass
    language: str | None
    task_type: TaskType | None
    path_hash: int


def place_of(path: str, context: Context) -> Place:
    return Place(*_paths.classify(path), context.type_of(path), hash_path(path, context.path_key))


class Step(NamedTuple):
    """One step of connecting a tool: a heading, what to paste, where (`shell`, `toml`, `json`), and why."""

    title: str
    code: str
    language: str
    note: str = ""


class Source:
    """An OTLP sender. Subclasses are found by `all_sources()`; adding one is one file.

    Override `recognises`, and `log`, `point`, `span` for the signals that carry facts; what a method doesn't use it
    must hand to `parsed.ignore` or `parsed.not_known`. `tool` is the name stored with each fact; a wire that several
    tools share lists them in `tools`.
    """

    name: str
    label: str
    tool: str
    tools: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    keeps: tuple[str, ...] = ()
    """What is kept, in words, for the page that connects the tool."""

    def recognises(self, resource: Attributes) -> bool:
        raise NotImplementedError

    def log(self, record: Record, parsed: Parsed, context: Context) -> None:
        parsed.not_known(self.name, "logs", record.name)

    def point(self, point: DataPoint, parsed: Parsed, context: Context) -> None:
        parsed.not_known(self.name, "metrics", point.name)

    def span(self, span: Span, parsed: Parsed, context: Context) -> None:
        parsed.ignore(self.name, "traces", span.name)

    def steps(self, url: str, key: str) -> list[Step]:
        """How to make the tool send here. `url` is the OTLP base (`https://host/otlp`), `key` an ingest key."""
        return []
