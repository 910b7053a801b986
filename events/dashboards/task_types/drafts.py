"""Rules as they stand in the form: each button sends all of them, and only saving keeps any."""

import re
from typing import Final, NamedTuple, Self

from django.http import QueryDict

from codecard.lib.globs import LONGEST
from events.task_types import Rule
from events.task_types.rules import CHOICES, MOST_RULES, RulesError, checked_rule, fingerprint

LONGEST_PATH: Final = 1_000
_MOVE = re.compile(r"(up|down|remove):([0-9]{1,3})", re.ASCII)


class Line(NamedTuple):
    """One rule as it was typed. `error`: why it can't be kept."""

    glob: str
    task_type: str
    error: str = ""


class Draft(NamedTuple):
    """`shown`: the fingerprint of the rules that were kept when the form was first shown; `seen`: of those whose effect
    was shown last. `path`: what is tried out."""

    lines: list[Line]
    shown: str
    seen: str = ""
    path: str = ""

    @classmethod
    def of(cls, rules: list[Rule]) -> Self:
        return cls([Line(rule.glob, rule.task_type) for rule in rules], fingerprint(rules))

    @classmethod
    def read(cls, data: QueryDict) -> Self:
        """With what a button asks for. Rows in which nothing was entered or chosen are left out: so is that for a new
        rule."""
        typed = list(zip(data.getlist("glob"), data.getlist("task_type"), strict=False))
        typed = [] if data.get("do") == "reset" else _moved(typed, data.get("do", ""))
        said = [(glob, task_type) for glob, task_type in typed if glob.strip() or task_type]
        lines = [_line(glob[: LONGEST + 1], task_type) for glob, task_type in said]
        shown, seen = (data.get(name, "")[:16] for name in ("shown", "seen"))
        return cls(lines, shown, seen, data.get("path", "").strip()[:LONGEST_PATH])

    @property
    def rules(self) -> list[Rule]:
        """Those that can be kept."""
        return [checked_rule(line.glob, line.task_type) for line in self.lines if not line.error]

    @property
    def errors(self) -> list[str]:
        return [*filter(None, [self.too_many]), *(line.error for line in self.lines if line.error)]

    @property
    def too_many(self) -> str:
        """Why these are, if they are."""
        more = len(self.lines) - MOST_RULES
        return f"At most {MOST_RULES} rules: remove {more} of these {len(self.lines)}." if more > 0 else ""

    @property
    def is_seen(self) -> bool:
        return self.seen == fingerprint(self.rules)

    @property
    def has_room(self) -> bool:
        return len(self.lines) < MOST_RULES


def _moved(typed: list[tuple[str, str]], do: str) -> list[tuple[str, str]]:
    found = _MOVE.fullmatch(do)
    at = int(found[2]) if found else len(typed)
    if found is None or at >= len(typed):
        return typed
    rest, one = typed[:at] + typed[at + 1 :], typed[at]
    if found[1] == "remove":
        return rest
    to = max(0, at - 1) if found[1] == "up" else at + 1
    return [*rest[:to], one, *rest[to:]]


def _line(glob: str, task_type: str) -> Line:
    known = task_type if task_type in CHOICES else ""
    try:
        return Line(*checked_rule(glob, task_type))
    except RulesError as error:
        return Line(glob.strip(), known, str(error))
