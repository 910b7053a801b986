"""An organization's own rules: in order, before the table, and only what can be meant."""

import pytest

from events.task_types import Rule, TaskType, rules_of, task_type_of, task_type_of_path
from events.task_types.rules import (
    MOST_RULES,
    RulesError,
    as_settings,
    checked_rules,
    fingerprint,
    rule_of_path,
    rules_before,
)
from teams.models import Organization

FIRST, SECOND = Rule("shop/prices.py", TaskType.NUMERIC), Rule("shop/", TaskType.MODEL)


def test_the_first_rule_that_fits_wins_before_the_table() -> None:
    assert task_type_of([("shop/prices.py", 10)], rules=[FIRST, SECOND]) is TaskType.NUMERIC
    assert task_type_of([("shop/prices.py", 10)], rules=[SECOND, FIRST]) is TaskType.MODEL
    assert task_type_of([("shop/views.py", 10)], rules=[FIRST, SECOND]) is TaskType.MODEL
    assert task_type_of_path("web/views.py", [FIRST, SECOND]) is TaskType.ENDPOINT
    assert rule_of_path("shop/prices.py", [FIRST, SECOND]) == FIRST
    assert rule_of_path("web/views.py", [FIRST, SECOND]) is None


def test_rules_survive_the_settings() -> None:
    organization = Organization(settings={"task_type_rules": as_settings([FIRST, SECOND])})
    assert rules_of(organization) == [FIRST, SECOND]
    assert rules_before(organization) is None
    assert rules_of(Organization(settings={})) == []
    older = {"task_type_rules": [{"glob": "a/", "task_type": "of a newer version"}], "task_type_rules_before": []}
    assert (rules_of(Organization(settings=older)), rules_before(Organization(settings=older))) == ([], [])


def test_equal_rules_have_equal_fingerprints() -> None:
    assert fingerprint([FIRST, SECOND]) == fingerprint([FIRST, SECOND]) != fingerprint([SECOND, FIRST])


@pytest.mark.parametrize(
    "rules",
    [
        [("", "test")],
        [("a/", "no such type")],
        [("a/", "refactor")],
        [("a\x00/", "test")],
        [("a/", "test")] * (MOST_RULES + 1),
    ],
)
def test_what_can_not_be_a_rule_is_refused(rules: list[tuple[str, str]]) -> None:
    with pytest.raises(RulesError):
        checked_rules(rules)


def test_rules_are_taken_as_they_are_meant() -> None:
    assert checked_rules([(" shop/ ", "model")]) == [SECOND]
    assert len(checked_rules([("**" * 50, "test")] * MOST_RULES)) == MOST_RULES
