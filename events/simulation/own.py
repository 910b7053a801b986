"""The product's own wire, as the invented editor plugin `quill` and the bots speak it."""

from collections.abc import Iterator, Sequence
from itertools import chain

import msgspec

from events.schema import Event
from events.simulation.otlp import JSON, Body
from events.simulation.work import Work

MOST = 1_000
encode = msgspec.json.Encoder().encode


def bodies(works: Sequence[Work]) -> Iterator[Body]:
    person = works[0].person
    events = list(chain.from_iterable(work.events for work in works))
    if person.telling == "email":
        for event in events:
            event.email = person.email
    yield from of_events(events, person.sender)


def of_events(events: Sequence[Event], sender: str) -> Iterator[Body]:
    for start in range(0, len(events), MOST):
        yield Body("/api/v1/events", JSON, encode(events[start : start + MOST]), sender)
