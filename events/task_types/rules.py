"""An organization's own rules, asked of a file before the table: patterns of paths, in order, the first that fits wins.

They stand in the organization's settings, with those before the last change beside them: that is what undoing restores.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from codecard.lib.globs import NoGlobError, checked, matches
from events.schema import TaskType
from events.sources._paths import told
from teams.models import Organization

MOST_RULES: Final = 100
DEEPEST_PATH: Final = 60
"""Folders of a told path that is asked about: nobody works deeper, and somebody may send worse."""
RULES, RULES_BEFORE = "task_type_rules", "task_type_rules_before"
"""Of the organization's settings: [{"glob": ..., "task_type": ...}, ...]."""
CHOICES: Final = tuple(one for one in TaskType if one is not TaskType.REFACTOR)
"""What a single file can be: whether it moved is told by the pull request."""


class Rule(NamedTuple):
    """Files that fit `glob` are of this type."""

    glob: str
    task_type: TaskType

    def __str__(self) -> str:
        return f"{self.glob} → {self.task_type.label}"


class RulesError(ValueError):
    """These can't be the rules. Says why in words."""


def rules_of(organization: Organization) -> list[Rule]:
    return _read(organization.settings, RULES)


def rules_before(organization: Organization) -> list[Rule] | None:
    """Those before the last change; None while there was none."""
    return _read(organization.settings, RULES_BEFORE) if RULES_BEFORE in organization.settings else None


def _read(settings: Mapping[str, Any], name: str) -> list[Rule]:
    known = set(TaskType)
    kept = settings.get(name) or []
    return [Rule(one["glob"], TaskType(one["task_type"])) for one in kept if one["task_type"] in known]


def as_settings(rules: Iterable[Rule]) -> list[dict[str, str]]:
    return [{"glob": rule.glob, "task_type": rule.task_type.value} for rule in rules]


def checked_rules(rules: Sequence[tuple[str, str]]) -> list[Rule]:
    """:raises RulesError: there are too many, or one of them is none."""
    if len(rules) > MOST_RULES:
        raise RulesError(f"At most {MOST_RULES} rules.")
    return [checked_rule(glob, task_type) for glob, task_type in rules]


def checked_rule(glob: str, task_type: str) -> Rule:
    """:raises RulesError:"""
    try:
        pattern = checked(glob)
    except NoGlobError as error:
        raise RulesError(str(error)) from None
    if task_type not in CHOICES:
        raise RulesError("Choose one of the types.")
    return Rule(pattern, TaskType(task_type))


def fingerprint(rules: Iterable[Rule]) -> str:
    """Equal rules have equal ones."""
    return hashlib.sha256(json.dumps(as_settings(rules)).encode()).hexdigest()[:16]


def rule_of_told_path(path: str, rules: Sequence[Rule]) -> Rule | None:
    """The first that fits a path as a tool tells it: absolute or not, with either slash. In an absolute one a pattern
    may begin at any folder, since nobody tells where the repository does."""
    told_path, is_absolute = told(path)
    if told_path.count("/") > DEEPEST_PATH:
        return None
    anywhere = "**/" if is_absolute else ""
    return next((rule for rule in rules if matches(told_path, (anywhere + rule.glob,))), None)


def rule_of_path(path: str, rules: Sequence[Rule]) -> Rule | None:
    """The first that fits."""
    return next((rule for rule in rules if matches(path, (rule.glob,))), None)
