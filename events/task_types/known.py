"""What a process remembers of the rules of organizations for some seconds, so that not every batch reads them."""

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from events.schema import TaskType
from events.sources._paths import by_no_rule
from events.task_types.rules import Rule, rule_of_told_path, rules_of
from teams.models import Organization

SECONDS_KNOWN: Final = 15
"""How soon a change holds for what arrives."""
TypeOf = Callable[[str], TaskType | None]


def type_of(organization_id: int) -> TypeOf:
    """What the organization's own rules say of paths that arrive now."""
    return _type_of(organization_id, int(time.monotonic() // SECONDS_KNOWN))


@lru_cache(maxsize=1024)
def _type_of(organization_id: int, stretch: int) -> TypeOf:
    organization = Organization.objects.filter(id=organization_id).only("settings").first()
    rules = tuple(rules_of(organization)) if organization else ()
    return _asking(rules) if rules else by_no_rule


@lru_cache(maxsize=256)
def _asking(rules: tuple[Rule, ...]) -> TypeOf:
    """One for equal rules, with what it answered: sessions name the same files again and again."""

    @lru_cache(maxsize=4096)
    def asked(path: str) -> TaskType | None:
        rule = rule_of_told_path(path, rules)
        return rule.task_type if rule else None

    return asked
