"""Reading JSON of a vendor without trusting it: a field that is missing or odd is empty, never an error."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_NO_SHA = re.compile(r"0+", re.ASCII)
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_MOST_ID = (1 << 60) - 1
_MOST_NUMBER = (1 << 31) - 1


def part(json: Json, name: str) -> Json:
    found = json.get(name)
    return found if isinstance(found, dict) else {}


def parts(json: Json, name: str, most: int = 5_000) -> list[Json]:
    found = json.get(name)
    return [item for item in found[:most] if isinstance(item, dict)] if isinstance(found, list) else []


def text(json: Json, name: str, most: int = 1_000_000) -> str:
    """PostgreSQL holds no NUL."""
    found = json.get(name)
    return found.replace("\x00", "")[:most] if isinstance(found, str) else ""


def flag(json: Json, name: str) -> bool:
    return json.get(name) is True


def sha(json: Json, name: str) -> str:
    """Empty for the vendor's row of zeros too."""
    found = text(json, name, 100).lower()
    return found if _SHA.fullmatch(found) and not _NO_SHA.fullmatch(found) else ""


def number(json: Json, name: str, most: int = _MOST_NUMBER) -> int | None:
    found = json.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= most else None


def count(json: Json, name: str) -> int:
    return number(json, name) or 0


def id_of(json: Json) -> int | None:
    return number(json, "id", _MOST_ID)


def moment(json: Json, name: str) -> datetime | None:
    """Of ISO 8601 or of seconds since 1970: pushes have both."""
    found = json.get(name)
    try:
        if isinstance(found, str):
            at = datetime.fromisoformat(found)
        elif isinstance(found, int | float) and not isinstance(found, bool):
            at = datetime.fromtimestamp(found, UTC)
        else:
            return None
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at if _EARLIEST <= at <= _LATEST else None
