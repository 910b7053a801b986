"""Typed readers of untrusted attributes: they return what the schema allows, or raise `Invalid` with a reason.

A missing attribute (or one without a value) is None or 0; a present one that is wrong refuses the item. Numbers may
be written as text, as several tools do; a bool is never a number. Reasons name the attribute and quote nothing of it.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from events.sources._base import Attributes, Invalid
from events.sources._tolerant import Bad

NAME = 200
KEY = 300
TOKENS = 2_000_000_000
LINES = 10_000_000
COUNT = 1_000_000
MILLISECONDS = 2_000_000_000
SECONDS = 2_000_000
DOLLARS = 1_000_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
UINT64 = 2**64


def text(attributes: Attributes, key: str, limit: int = NAME) -> str | None:
    """One line of text of at most `limit` characters; None where it is missing or empty."""
    value = attributes.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Invalid(_reason(value, f"{key} is not text"))
    if len(value) > limit:
        raise Invalid(f"{key} is longer than {limit} characters")
    if not value.isprintable() and _UNPRINTABLE.search(value):
        raise Invalid(f"{key} holds a control character")
    return value


def required(attributes: Attributes, key: str, limit: int = NAME) -> str:
    value = text(attributes, key, limit)
    if value is None:
        raise Invalid(f"{key} is missing")
    return value


def word(attributes: Attributes, key: str) -> str | None:
    """A value of an enumeration, or a model: compared without case."""
    value = text(attributes, key)
    return value and value.lower()[:NAME]  # a few letters become two


def count(attributes: Attributes, key: str, upper: int = COUNT) -> int:
    """A whole number from 0 to `upper`; 0 where it is missing."""
    value = attributes.get(key)
    if value is None:
        return 0
    return whole(value, key, upper)


def whole(value: Any, name: str, upper: int = COUNT) -> int:
    """A whole number from 0 to `upper`, also as text, or as a float without a fraction."""
    if type(value) is not int:
        value = _integer(value, name)
    if value < 0:
        raise Invalid(f"{name} is negative")
    if value > upper:
        raise Invalid(f"{name} is larger than {upper}")
    return int(value)


def number(attributes: Attributes, key: str, upper: float) -> float | None:
    """A finite number from 0 to `upper`; None where it is missing."""
    value = attributes.get(key)
    return None if value is None else amount(value, key, upper)


def amount(value: Any, name: str, upper: float) -> float:
    """A finite number from 0 to `upper`, also as text."""
    told = finite(value, name)
    if told < 0:
        raise Invalid(f"{name} is negative")
    if told > upper:
        raise Invalid(f"{name} is larger than {upper}")
    return told


def finite(value: Any, name: str) -> float:
    """A finite number of either sign, also as text: a data point's value before a source judges it."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid(_reason(value, f"{name} is not a number"))
    if not -UINT64 < value < UINT64:  # also false of NaN
        raise Invalid(f"{name} is not finite, or too large")
    return float(value)


def dollars(attributes: Attributes, key: str) -> float | None:
    return number(attributes, key, DOLLARS)


def milliseconds(attributes: Attributes, key: str) -> int | None:
    """A duration, rounded to whole milliseconds; None where it is missing."""
    value = number(attributes, key, MILLISECONDS)
    return None if value is None else round(value)


def flag(attributes: Attributes, key: str) -> bool | None:
    """A bool, also as "true" or "false"; None where it is missing."""
    value = attributes.get(key)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise Invalid(_reason(value, f"{key} is not true or false"))


def nanoseconds(value: Any, name: str) -> int:
    """A time or duration of OTLP (unsigned 64 bits, in JSON also as text); 0 where it is missing."""
    return 0 if value is None or value == "" else whole(value, name, UINT64 - 1)


def moment_ns(ns: int) -> datetime:
    """The moment so many nanoseconds after 1970. Whether a date is plausible is the ledger's to judge."""
    try:
        return _EPOCH + timedelta(microseconds=ns // 1000)
    except OverflowError:
        raise Invalid("the time is out of range") from None


def moment_iso(value: str) -> datetime:
    """The moment that an ISO 8601 text with a zone names."""
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise Invalid("the time has no zone")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise error if isinstance(error, Invalid) else Invalid("the time is not an ISO 8601 time") from None


def moment(attributes: Attributes, time_ns: int, observed_ns: int = 0, key: str = "event.timestamp") -> datetime:
    """The tool's own time: its attribute, else the record's time, else the time it was observed at."""
    told = text(attributes, key)
    if told is not None:
        return moment_iso(told)
    ns = time_ns or observed_ns
    if not ns:
        raise Invalid("the time is missing")
    return moment_ns(ns)


def digest(*parts: object) -> str:
    """A short name for what has no id of its own: the same for the same parts, different for others."""
    return hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def series(resource: Attributes, scope: str, name: str, attributes: Attributes) -> str:
    """The identity of a metric's series: resource, scope, metric and attributes, whatever their order."""
    return digest(_sorted(resource), scope, name, _sorted(attributes))


def _sorted(attributes: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(attributes.items(), key=lambda item: item[0])


def _integer(value: Any, name: str) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise Invalid(_reason(value, f"{name} is not a whole number"))


def _reason(value: Any, otherwise: str) -> str:
    return value.reason if isinstance(value, Bad) else otherwise
