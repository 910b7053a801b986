"""Code Card's own wire: `POST /api/v1/events`, a JSON array of events, one event, or one event per line.

The body is decoded straight into the structs of `events.schema`, which are its schema. Only where that refuses is the
body read again, item by item, so that an item that can't be used costs nothing but itself.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

import msgspec

from events.schema import Commit, Event
from events.sources import _languages, _ranges, _repository, _tolerant
from events.sources._base import Channel, Context, Group, Invalid, Parsed, Unreadable, place_of, shown_name

NAME = "code-card"
CHANNEL = Channel("code_card.api", number=20, rank=50)
MOST_ITEMS = 10_000

_GROUP = Group(NAME, CHANNEL, None)
_LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
_BLANK = b" \t\r\n"
_CONTROL = re.compile(r"[\x00-\x1f]")
_ESCAPED = re.compile(rb"\\(?:[bfnrt]|u00)")

Item = Event | Commit
_one = msgspec.json.Decoder[Item](Item)
_array = msgspec.json.Decoder[list[Item]](list[Item])


def parse(body: bytes, content_type: str, context: Context) -> Parsed:
    """All events go to one group. `rejected` counts from 0 in the sender's order; blank lines don't count.

    :raises Unreadable: if the body is no JSON at all, or holds more than `MOST_ITEMS`; then nothing of it is used.
    """
    body = body.removeprefix(b"\xef\xbb\xbf").strip(_BLANK)
    if not body:
        raise Unreadable("the body is empty")
    by_line = content_type.partition(";")[0].strip().lower() in _LINES
    try:
        events = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        items = _lines(body) if by_line else _items(body)
        return _kept(list(islice(items, MOST_ITEMS + 1)), _read, context)
    return _kept(events, _look_over if _may_hold_control_characters(body) else None, context)


def _decode(body: bytes) -> list[Item]:
    return _array.decode(body) if body.startswith(b"[") else _one.decode_lines(body)


def _kept(items: list[Any], read: Callable[[Any], Item] | None, context: Context) -> Parsed:
    """`read` makes an event of an item, or looks at it once more; None where they are events that need no look."""
    if len(items) > MOST_ITEMS:
        raise Unreadable(f"more than {MOST_ITEMS:,} events in one body: send it in parts")
    parsed = Parsed(items=len(items))
    kept: list[Event] = []
    for index, item in enumerate(items):
        try:
            event = read(item) if read else item
            if isinstance(event, Commit):
                parsed.commits.append(_commit(event))
                parsed.commit_places.append(index)
            else:
                _clean(event, context)
                kept.append(event)
        except Invalid as error:
            parsed.reject(index, str(error))
    if kept:
        parsed.groups[_GROUP] = kept
    return parsed


def _may_hold_control_characters(body: bytes) -> bool:
    """Strict JSON has them only as escapes, so that most bodies need no look at every text."""
    return b"\\" in body and _ESCAPED.search(body.replace(b"\\\\", b"")) is not None


def _look_over(event: Item) -> Item:
    """PostgreSQL can't store NUL, and the other control characters have no business in a name."""
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if isinstance(value, str) and _CONTROL.search(value):
            raise Invalid(f"{name}: has a control character")
    return event


def _commit(told: Commit) -> Commit:
    """In the one spelling of its names; a new one, since commits are frozen.

    :raises Invalid: what it says of its files can't be.
    """
    if (tool := _name(told.tool)) is None:
        raise Invalid("tool: is blank")
    for file in told.files:
        if not file.path.isprintable():
            raise Invalid("files: a path has a control character")
        _ranges.read([list(one) for one in file.ai_ranges])
    return msgspec.structs.replace(
        told,
        tool=tool,
        model=told.model and _name(told.model),
        repository=told.repository and _repository_name(told.repository),
        sha=told.sha.lower(),
        parents=tuple(parent.lower() for parent in told.parents),
        tree_sha=told.tree_sha and told.tree_sha.lower(),
        patch_id=told.patch_id and told.patch_id.lower(),
    )


def _items(body: bytes) -> Iterator[Any]:
    try:
        value = _tolerant.load(_tolerant.without_depth(body))
    except Unreadable:
        # Several objects one after the other are no JSON, but lines of it.
        if body.startswith(b"{") and b"\n" in body:
            return _lines(body)
        raise
    return iter(value if isinstance(value, list) else [value])


def _lines(body: bytes) -> Iterator[Any]:
    for line in body.split(b"\n"):
        if line := line.strip(_BLANK):
            try:
                yield _tolerant.load(line)
            except Unreadable as error:
                yield _tolerant.Bad(str(error))


def _read(item: Any) -> Item:
    if isinstance(item, _tolerant.Bad):
        raise Invalid(item.reason)
    if not isinstance(item, dict):
        raise Invalid("not an object")
    for name, value in item.items():
        if isinstance(value, _tolerant.Bad):
            raise Invalid(f"{shown_name(name)}: {value.reason}")
    try:
        event: Item = msgspec.convert(item, Item)
    except msgspec.ValidationError as error:
        raise Invalid(_reason(str(error))) from None
    return _look_over(event)


_TYPE = re.compile(r"`([^`]*)`")
_WORDS = {"str": "text", "int": "an integer", "float": "a number", "datetime": "a date with time", "NoneType": "null"}
_WHAT_WHERE = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<where>[^`]*)`)?", re.DOTALL)
_FIELD = re.compile(r"(?P<words>Object (?:contains unknown|missing required) field) `(?P<name>.*)`", re.DOTALL)


def _reason(message: str) -> str:
    """The decoder's words, without what it quotes of the item."""
    if field := _FIELD.fullmatch(message):
        words = "missing field" if "missing" in field["words"] else "unknown field"
        return f"{words} {shown_name(field['name'])}"
    match = _WHAT_WHERE.fullmatch(message)
    what, where = (match["what"], match["where"]) if match else (message, None)
    if what.startswith(("Invalid value", "Invalid enum value")):
        what = "not one of the values it can have"
    what = _TYPE.sub(lambda match: _WORDS.get(match[1], match[1]), what.replace(" | null", ""))
    what = what.replace("Expected", "expected", 1)
    return f"{where}: {what}" if where else what


def _clean(event: Event, context: Context) -> None:
    """Names in their one spelling, and what is said by the path instead of the path. Changes the event in place:
    it was decoded for us alone, and a copy would cost more than decoding it."""
    if (tool := _name(event.tool)) is None:
        raise Invalid("tool: is blank")
    event.tool = tool
    if event.model is not None:
        event.model = _name(event.model)
    if event.language is not None:
        event.language = _languages.spelled(event.language)
    if event.repository is not None:
        event.repository = _repository_name(event.repository)
    if event.path is not None:
        _replace_path(event, event.path, context)


@lru_cache(maxsize=4096)
def _name(name: str) -> str | None:
    return name.strip().lower()[:200] or None  # in lower case some letters are two


@lru_cache(maxsize=4096)
def _repository_name(told: str) -> str | None:
    """`host/owner/name` where it can be told; a plain `owner/name` stays what it is. An address in a form that isn't
    known may hold a password and is dropped."""
    known: str | None = _repository.normalise(told)
    if known is not None:
        return known
    plain = told.strip().lower()
    return plain if re.fullmatch(r"[\w.\-]+(/[\w.\-]+)*", plain) else None


def _replace_path(event: Event, path: str, context: Context) -> None:
    place = place_of(path, context)
    event.path_class = event.path_class or place.path_class
    event.language = event.language or place.language
    event.task_type = event.task_type or place.task_type
    event.path_hash = place.path_hash
    event.path = None
