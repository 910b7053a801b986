"""OTLP: decodes a body and hands each item to the source that recognises its resource."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Literal

from events.sources import _otlp_json, _otlp_protobuf, _otlp_tolerant, all_sources
from events.sources._base import Attributes, Context, Invalid, Parsed, Signal, Unreadable, shown_name
from events.sources._otlp_block import MOST_BRACKETS, MOST_ITEMS, Block

ContentType = Literal["json", "protobuf"]
Handler = Callable[[Any, Parsed, Context], None]
NO_SERVICE = "(no service name)"


def parse(signal: Signal, body: bytes, content_type: ContentType, context: Context) -> Parsed:
    """What a body of OTLP holds. Items are numbered as they stand in the body, data points as items of their own.

    :raises Unreadable: if the body as a whole can't be decoded.
    """
    parsed = Parsed()
    for block in _blocks(signal, body, content_type):
        handle = _handler(signal, block.resource)
        for item in block.items:
            if item.__class__ is Invalid:
                parsed.reject(parsed.items, str(item))
            elif item is not None:
                try:
                    handle(item, parsed, context)
                except Invalid as error:
                    parsed.reject(parsed.items, str(error))
            parsed.items += 1
            if parsed.items > MOST_ITEMS:
                raise Unreadable(f"more than {MOST_ITEMS} items")
    return parsed


def _blocks(signal: Signal, body: bytes, content_type: ContentType) -> Iterator[Block]:
    if content_type == "protobuf":
        return _otlp_protobuf.blocks(signal, body)
    if body.count(b"{") + body.count(b"[") > MOST_BRACKETS:
        raise Unreadable(f"more than {MOST_BRACKETS} lists and objects")
    try:
        return _otlp_json.blocks(signal, body)
    except _otlp_json.Refused as refused:
        try:
            return _otlp_tolerant.blocks(signal, body)
        except Unreadable as error:
            raise Unreadable(f"{error}: {refused}") from None


def _handler(signal: Signal, resource: Attributes) -> Handler:
    source = next((source for source in all_sources() if source.recognises(resource)), None)
    if source is None:
        return partial(_unknown, resource, signal)
    handlers: dict[str, Handler] = {"logs": source.log, "metrics": source.point, "traces": source.span}
    return handlers[signal]


def _unknown(resource: Attributes, signal: Signal, item: Any, parsed: Parsed, context: Context) -> None:
    """Counted, so that data health can show what arrives and isn't understood; nothing of it is stored."""
    service = resource.get("service.name")
    parsed.not_known(shown_name(service) if isinstance(service, str) and service else NO_SERVICE, signal, item.name)
