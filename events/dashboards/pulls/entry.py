"""One thing that happened, as the list tells it; and what the parts of a story hand to the picture."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from codecard.lib.svg.lanes import Flag, Late, Moment, Stretch


class Lane(IntEnum):
    """From top to bottom."""

    PROMPTS = 0
    SUGGESTIONS = 1
    EDITS = 2
    COMMITS = 3
    TESTS = 4
    REVIEW = 5


LANES = ("Prompts", "Suggestions", "Edits", "Commits", "Tests", "Review")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`key` is its anchor on the page. `sure`: how sure we are that it belongs here; `why`: what that rests on.
    `is_timed`: whether its time may be told, or just its place among the others."""

    at: datetime
    key: str
    icon: str
    title: str
    tone: str = "dim"
    words: str = ""
    sure: str = ""
    why: str = ""
    is_timed: bool = True
    shas: tuple[str, ...] = ()
    """Of commits, whose entries are joined where nothing happened in between."""


@dataclass(slots=True)
class Told:
    """What one part of the story adds."""

    entries: list[Entry] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    late: list[Late] = field(default_factory=list)

    def __iadd__(self, other: "Told") -> "Told":
        self.entries += other.entries
        self.moments += other.moments
        self.stretches += other.stretches
        self.flags += other.flags
        self.late += other.late
        return self


def short(sha: str) -> str:
    return sha[:7]


def code(sha: str) -> SafeString:
    return format_html("<code>{}</code>", short(sha))


def codes(shas: Iterable[str], most: int = 4) -> SafeString:
    """a41f9c2, c07be11 and 3 more."""
    every = list(shas)
    rest = len(every) - most
    if rest > 0:
        return format_html(
            "{} and {} more", format_html_join(", ", "<code>{}</code>", ((short(s),) for s in every[:most])), rest
        )
    if len(every) > 1:
        head = format_html_join(", ", "<code>{}</code>", ((short(s),) for s in every[:-1]))
        return format_html("{} and {}", head, code(every[-1]))
    return code(every[0])
