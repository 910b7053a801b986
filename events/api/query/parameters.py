"""Query strings, strictly: what isn't known, or can't be read, is a 400 that says what is possible."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.http import QueryDict
from rest_framework.exceptions import ValidationError

from codecard.lib.periods import midnight

COMMON = ("format", "organization")
"""Known everywhere: how the answer is written, and whose it is."""


class Parameters:
    """The query string of one request. :raises ValidationError: for a name not in `known`, or one that is given twice.

    The readers below raise it too, each naming its parameter.
    """

    def __init__(self, query: QueryDict, known: Iterable[str]) -> None:
        self.known = (*known, *COMMON)
        errors = {}
        for name in query:
            if name not in self.known:
                errors[_shown(name)] = f"There is no such parameter. Known: {', '.join(self.known)}."
            elif len(query.getlist(name)) > 1:
                errors[name] = "Given more than once."
            elif "\x00" in query[name]:
                errors[name] = "It holds a NUL character."
        if errors:
            raise ValidationError(errors)
        self._given = {name: str(query[name]) for name in query}

    def text(self, name: str) -> str:
        """What was given, "" where nothing was."""
        return self._given.get(name, "")

    def has(self, name: str) -> bool:
        return name in self._given

    def choice(self, name: str, values: Collection[str]) -> str:
        """One of the values, "" where nothing was given."""
        if not self.has(name):
            return ""
        if self._given[name] not in values:
            raise ValidationError({name: f"Possible: {', '.join(values) or 'none'}."})
        return self._given[name]

    def integer(self, name: str, default: int, *, least: int, most: int) -> int:
        if not self.has(name):
            return default
        text = self._given[name]
        if not (text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most):
            raise ValidationError({name: f"Possible: a whole number from {least} to {most}."})
        return int(text)

    def day(self, name: str) -> date | None:
        if not self.has(name):
            return None
        text = self._given[name]
        try:
            found = date.fromisoformat(text)
        except ValueError:
            found = date.min
        # Other forms of ISO 8601 are read as well, by newer Pythons more of them.
        if len(text) != 10 or "W" in text or not 2000 <= found.year < 2200:
            raise ValidationError({name: "Possible: a day such as 2026-11-23, from 2000 on."})
        return found

    def midnight(self, name: str, zone: ZoneInfo) -> datetime | None:
        day = self.day(name)
        return midnight(day, zone) if day else None

    def given(self) -> dict[str, str]:
        """All of them, for audits and links."""
        return dict(self._given)


def _shown(name: str) -> str:
    return name[:100].replace("\x00", "\\x00")
