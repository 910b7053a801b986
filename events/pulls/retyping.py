"""The task type of pull requests: when one is judged, and again of all of them after an organization changed its rules.

Reading them all again is one chore that moves on: its key is the last pull request that was read. What a killed worker
held is read once more, with the same outcome; a second change of the rules begins from the start.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from django.db.models import QuerySet

from codecard.lib.tenant import tenant
from events.models import Chore, PullRequest
from events.pulls import chores
from events.pulls.chores import ChoreKind
from events.pulls.paths import is_generated
from events.task_types import Rule, rules_of, task_type_of
from teams.models import Organization

AT_ONCE, PREVIEWED = 100, 200
SECONDS: Final = 2.0
"""Then what was read is kept, or shown: no rules and no pull requests, however many, hold others up for longer."""
MOVED_LINES: Final = 5


def task_type_of_pull(pull: PullRequest, rules: Sequence[Rule]) -> str:
    """Empty while nobody knows its files."""
    if pull.files is None:
        return ""
    generated = pull.repository.generated_paths
    files = [(one, (one["added"] or 0) + (one["removed"] or 0)) for one in pull.files]
    written = [(one, lines) for one, lines in files if not is_generated(one["path"], generated)]
    moved = sum(one.get("status") == "renamed" and lines <= MOVED_LINES for one, lines in written)
    share = moved / len(written) if written else 0.0
    return task_type_of(((one["path"], lines) for one, lines in written), rules=rules, moved_share=share)


def read_all_again(organization_id: int, *, now: datetime) -> None:
    """Inside the tenant, in the transaction that changes the rules."""
    Chore.objects.filter(organization=organization_id, kind=ChoreKind.TASK_TYPES).delete()
    chores.leave(organization_id, ChoreKind.TASK_TYPES, [0], not_before=now)


def read_some_again(organization_id: int, key: int, *, now: datetime) -> None:
    """Handler of TASK_TYPES. The rules are read after the rows are locked: whoever holds them last knows the newest."""
    with tenant(organization_id):
        rows = _with_files(organization_id).filter(id__gt=key).order_by("id")
        pulls = list(rows.select_for_update(of=("self",), no_key=True)[:AT_ONCE])
        if not pulls:
            return
        rules = rules_of(Organization.objects.get(id=organization_id))
        read = list(_typed(pulls, rules))
        changed = [pull for pull, task_type in read if _set(pull, task_type)]
        PullRequest.objects.bulk_update(changed, ["task_type"])
        chores.leave(organization_id, ChoreKind.TASK_TYPES, [read[-1][0].id], not_before=now)


def _with_files(organization_id: int) -> QuerySet[PullRequest]:
    rows = PullRequest.objects.filter(organization=organization_id, files__isnull=False)
    return rows.select_related("repository").only("repository", "files", "task_type", "repository__generated_paths")


def _typed(pulls: Sequence[PullRequest], rules: Sequence[Rule]) -> Iterator[tuple[PullRequest, str]]:
    """As many of the first ones as there is time for; at least one."""
    until = time.monotonic() + SECONDS
    for pull in pulls:
        yield pull, task_type_of_pull(pull, rules)
        if time.monotonic() > until:
            return


def _set(pull: PullRequest, task_type: str) -> bool:
    is_changed = pull.task_type != task_type
    pull.task_type = task_type
    return is_changed


# --- what it would do ------------------------------------------------------------------------------------------------


class Preview(NamedTuple):
    """`changes`: (task type as it stands, as it would be, pull requests), the most first."""

    of: int
    changes: list[tuple[str, str, int]]

    @property
    def count(self) -> int:  # type: ignore[override]  # hides the method that every tuple has
        return sum(number for _, _, number in self.changes)


def preview(organization_id: int, rules: Sequence[Rule]) -> Preview:
    """Of the newest pull requests whose files are known, at most `PREVIEWED`. Inside the tenant."""
    pulls = list(_with_files(organization_id).order_by("-opened_at", "-id")[:PREVIEWED])
    read = list(_typed(pulls, rules))
    found = Counter((pull.task_type, after) for pull, after in read if after != pull.task_type)
    changes = [(before, after, number) for (before, after), number in found.items()]
    return Preview(len(read), sorted(changes, key=lambda change: (-change[2], change[0], change[1])))
