"""What a page is narrowed to: one value of each of a few dimensions, in its query string, each a chip to take away."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from events.metrics._base import SEVERAL, UNKNOWN, By
from events.models import SizeStratum
from events.task_types import TaskType

NARROWED_BY: Final = (By.TASK, By.MODEL, By.REPOSITORY, By.LANGUAGE)
_LONGEST: Final = 200
_MOST_OPTIONS: Final = 20
_PLURALS: Final = {
    By.TASK: "All task types", By.MODEL: "All models", By.TOOL: "All tools", By.REPOSITORY: "All repositories",
    By.LANGUAGE: "All languages", By.SIZE: "All sizes",
}  # fmt: skip
_WORDS: Final = {UNKNOWN: "Unknown", SEVERAL: "Several", "withheld": "Withheld, together"}
_NAMES: Final = {
    By.TASK: {str(task.value): task.label for task in TaskType},
    By.SIZE: {str(size.value): size.label for size in SizeStratum},
}
Filters = Mapping[By, str]


@dataclass(frozen=True, slots=True)
class Option:
    name: str
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """`text`: what it is narrowed to, or that it isn't. `clear`: the page without it; "" where it isn't."""

    label: str
    text: str
    options: list[Option]
    clear: str


def filters_from(query: Mapping[str, str], among: Iterable[By] = NARROWED_BY) -> dict[By, str]:
    return {by: query[by.value][:_LONGEST] for by in among if query.get(by.value)}


def name_of(by: By, key: str) -> str:
    """As people call it."""
    if key in _WORDS:
        return _WORDS[key]
    return _NAMES.get(by, {}).get(key) or key.removeprefix("github.com/")


def address(path: str, state: Mapping[str, str], filters: Filters) -> str:
    asked = urlencode({**state, **{by.value: value for by, value in filters.items()}})
    return f"{path}?{asked}" if asked else path


def chips(
    path: str,
    state: Mapping[str, str],
    filters: Filters,
    known: Callable[[By], Iterable[str]],
    among: Iterable[By] = NARROWED_BY,
) -> list[Chip]:
    """`state`: what else stands in the query string. `known`: values that may be told."""
    return [_chip(path, state, filters, by, known) for by in among]


def _chip(path: str, state: Mapping[str, str], filters: Filters, by: By, known: Callable[[By], Iterable[str]]) -> Chip:
    chosen = filters.get(by, "")
    values = list(dict.fromkeys([*known(by), *([chosen] if chosen else [])]))[:_MOST_OPTIONS]
    without = {one: value for one, value in filters.items() if one is not by}
    options = [
        Option(name_of(by, value), address(path, state, {**without, by: value}), value == chosen) for value in values
    ]
    text = f"{by.label}: {name_of(by, chosen)}" if chosen else _PLURALS[by]
    return Chip(by.label, text, options, address(path, state, without) if chosen else "")
