"""What an organization says of its own paths."""

from collections.abc import Sequence
from datetime import datetime

from codecard.lib.tenant import tenant
from events.pulls.retyping import read_all_again
from events.task_types.rules import (
    RULES,
    RULES_BEFORE,
    Rule,
    as_settings,
    checked_rules,
    fingerprint,
    rules_of,
)
from teams import audit
from teams.models import Organization, User


class RulesClashError(ValueError):
    """Somebody else changed the rules since they were shown. Nothing was written."""

    def __init__(self) -> None:
        super().__init__("Somebody else changed the rules meanwhile. Nothing was saved; these are yours.")


def change_task_type_rules(
    *, organization: Organization, rules: Sequence[Rule], shown: str, by: User | None, now: datetime
) -> bool:
    """Whether anything changed; then all pull requests are left to be read again. `shown`: the fingerprint of the rules
    that `by` looked at. Those before stay, for undoing.

    :raises RulesError: there are too many, or one of them is none.
    :raises RulesClashError: the rules are others by now.
    """
    wanted = checked_rules(rules)
    with tenant(organization.id):
        row = Organization.objects.select_for_update(no_key=True).get(id=organization.id)
        before = rules_of(row)
        if before == wanted:
            return False
        if fingerprint(before) != shown:
            raise RulesClashError
        row.settings |= {RULES: as_settings(wanted), RULES_BEFORE: as_settings(before)}
        row.save(update_fields=["settings"])
        was, now_is = ({RULES: [str(rule) for rule in one]} for one in (before, wanted))
        audit.record(row, "task_types.changed", row, by=by, now=now, before=was, after=now_is)
        read_all_again(row.id, now=now)
    organization.settings = row.settings
    return True
