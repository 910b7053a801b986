"""Invented source files: lines that mean nothing, of the kinds that real ones have, and edits of them."""

from random import Random
from typing import NamedTuple

from events.simulation.forge.diffs import Lines

_VERBS = (
    "load", "apply", "merge", "quote", "settle", "refund", "collect", "render", "price", "reserve", "release", "check",
    "count", "group", "sort", "track", "bill", "ship", "label", "limit",
)  # fmt: skip
_NOUNS = (
    "basket", "order", "ledger", "season", "voucher", "parcel", "shelf", "queue", "token", "bucket", "window", "margin",
    "invoice", "stock", "route", "tariff", "batch", "signal", "quota", "draft",
)  # fmt: skip


class Style(NamedTuple):
    statement: str
    definition: str
    comment: str
    imports: str
    trivial: str


_C_LIKE = Style("    {a} = {b}({n});", "function {b}({a}) {{", "    // {c}", 'import {a} from "{b}{n}"', "    }}")
_STYLES = {
    "py": Style("    {a} = {b}({n})", "def {b}({a}):", "    # {c}", "from {b} import {a}_{n}", "    pass"),
    "go": Style("\t{a} := {b}({n})", "func {b}({a} int) {{", "\t// {c}", 'import "{b}/{a}{n}"', "\t}}"),
    "tf": Style('  {a} = "{b}-{n}"', 'resource "{b}" "{a}" {{', "  # {c}", 'module "{b}_{a}_{n}" {{', "  }}"),
    "sql": Style("    {a}, {b}_{n},", "CREATE VIEW {b}_{a} AS", "    -- {c}", "SET {a} = {n};", "    )"),
    "md": Style("The {a} follows {b} {n}.", "# {b} {a}", "> {c}", "- {a} {b} {n}", ""),
    "json": Style('    "{a}-{n}": "{b}",', '  "{b}_{a}": {{', '    "{c}": "",', '    "{b}{n}": 1,', "    }},"),
}
_LONGEST = 300
SOURCE = frozenset({"py", "go", "ts", "tsx", "kt", "java", "sql", "tf"})


def extension(path: str) -> str:
    return path.rpartition(".")[2]


def is_test(path: str) -> bool:
    return "test" in path.lower()


def is_source(path: str) -> bool:
    """Written by people, and no test."""
    return extension(path) in SOURCE and not is_test(path) and not path.startswith("vendor/")


def statement(random: Random, path: str) -> str:
    """A line that hardly any other file has."""
    return _style(path).statement.format(**_words(random))


def block(random: Random, path: str, lines: int) -> Lines:
    """So many lines that no other place has, so that where they came in is never in doubt."""
    return tuple(_line(random, path) for _ in range(lines))


def whole(random: Random, path: str, lines: int) -> Lines:
    """A new file, with the blank and closing lines that every file has many of."""
    style = _style(path)
    head = [style.imports.format(**_words(random)) for _ in range(min(3, lines))]
    body = block(random, path, max(1, lines - len(head)))
    return (*head, *(_common(random, path) if random.random() < 0.1 else line for line in body[:-1]), body[-1])


def edited(random: Random, path: str, old: Lines, added: int, removed: int) -> Lines:
    """The file with about so many lines added and removed, in one to four places; a long one doesn't grow."""
    removed = max(removed, added + 5) if len(old) > _LONGEST else removed
    places = max(1, min(4, (added + removed) // 12))
    lines = list(old)
    for place in range(places):
        plus, minus = _part(added, places, place), _part(removed, places, place)
        at = random.randrange(len(lines) + 1)
        lines[at : at + minus] = block(random, path, plus)
    return tuple(lines) or block(random, path, 1)


def _part(whole: int, places: int, place: int) -> int:
    return whole // places + (place < whole % places)


def _line(random: Random, path: str) -> str:
    style, chance = _style(path), random.random()
    shape = style.statement if chance < 0.78 else style.definition if chance < 0.9 else style.comment
    return shape.format(**_words(random))


def _common(random: Random, path: str) -> str:
    return "" if random.random() < 0.5 else _style(path).trivial.format()


def _style(path: str) -> Style:
    return _STYLES.get(extension(path), _C_LIKE)


def _words(random: Random) -> dict[str, object]:
    bits = random.getrandbits(48)
    number = bits >> 24
    verb, noun, other = _VERBS[bits % 20], _NOUNS[(bits >> 5) % 20], _NOUNS[(bits >> 10) % 20]
    return {"a": f"{noun}_{number % 997}", "b": f"{verb}_{other}", "n": number, "c": f"{verb} the {noun} {number}"}
