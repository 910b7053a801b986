"""Task types of pull requests: when judged, and again of all after the organization's rules changed."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from codecard.lib.tenant import tenant
from events.actions.task_types import RulesClashError, change_task_type_rules
from events.models import Chore, PullRequest
from events.pulls import retyping
from events.pulls.handlers import JUDGING
from events.pulls.judging import judge_pull_request
from events.pulls.retyping import preview, read_some_again
from events.pulls.working import work
from events.queries.task_types import progress
from events.task_types import Rule, TaskType, rules_of
from events.task_types.rules import RulesError, fingerprint, rules_before
from events.tasks import judge
from teams.models import AuditEntry, Organization, User
from tests.factories import NOW
from tests.pull_requests import make_pull_request, make_repository

pytestmark = pytest.mark.django_db(transaction=True)
NONE = fingerprint([])
BILLING = Rule("billing/", TaskType.NUMERIC)


def file(path: str, added: int | None = 5, **fields: Any) -> dict[str, Any]:
    return {"path": path, "status": "modified", "added": added, "removed": 0, **fields}


def make_pulls(organization: Organization, *paths: str) -> list[int]:
    with tenant(organization.id):
        repository = make_repository(organization)
        made = [make_pull_request(repository, files=[file(path)], task_type="other") for path in paths]
    return [pull.id for pull in made]


def types_of(organization: Organization) -> list[str]:
    with tenant(organization.id):
        rows = PullRequest.objects.filter(organization=organization).order_by("id")
        return list(rows.values_list("task_type", flat=True))


def left(organization: Organization) -> list[int]:
    with tenant(organization.id):
        rows = Chore.objects.filter(organization=organization, kind="task_types").order_by("id")
        return list(rows.values_list("key", flat=True))


def change(organization: Organization, *rules: Rule, shown: str = NONE, by: User | None = None) -> bool:
    return change_task_type_rules(organization=organization, rules=rules, shown=shown, by=by, now=NOW)


def test_a_pull_request_is_judged_by_the_rules_of_its_organization(acme: Organization, globex: Organization) -> None:
    (ours,), (theirs,) = make_pulls(acme, "billing/tax.py"), make_pulls(globex, "billing/tax.py")
    change(acme, BILLING)
    judge_pull_request(acme.id, ours, now=NOW)
    judge_pull_request(globex.id, theirs, now=NOW)
    assert (types_of(acme), types_of(globex)) == (["numeric"], ["other"])


@pytest.mark.parametrize(
    ("files", "task_type"),
    [
        (None, ""),
        ([], "other"),
        ([file("yarn.lock", 999), file("shop/views.py", 1)], "endpoint"),
        ([file("api/made/x.py", 999), file("shop/views.py", 1)], "endpoint"),
        ([file("yarn.lock", 999)], "other"),
        ([file("a.py", None), file("b.py", 3, status="renamed", old_path="c.py")], "other"),
        ([file("shop/views.py", 0, status="renamed", old_path="views.py")], "refactor"),
        ([file("shop/views.py", 5, status="renamed"), file("x/models.py", 0, status="renamed")], "refactor"),
        ([file("shop/views.py", 6, status="renamed")], "endpoint"),
        ([*[file(f"a{n}/views.py", 0, status="renamed") for n in range(4)], file("b.py", 1)], "refactor"),
        ([*[file(f"a{n}/views.py", 0, status="renamed") for n in range(3)], file("b.py", 1)], "endpoint"),
    ],
)
def test_files_make_the_type(acme: Organization, files: Any, task_type: str) -> None:
    with tenant(acme.id):
        pull = make_pull_request(make_repository(acme, generated_paths=["api/made/"]), files=files)
    judge_pull_request(acme.id, pull.id, now=NOW)
    assert types_of(acme) == [task_type]


def test_a_change_of_the_rules_reads_all_again_and_never_another_organizations(
    acme: Organization, globex: Organization, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retyping, "AT_ONCE", 2)
    made = make_pulls(acme, "billing/a.py", "shop/views.py", "billing/b.py", "README.md", "billing/models.py")
    with tenant(acme.id):
        make_pull_request(make_repository(acme), files=None)
    make_pulls(globex, "billing/a.py")
    assert change(acme, BILLING, by=alice)
    assert left(acme) == [0]
    with tenant(acme.id):
        assert progress(acme) == (0, 5, False)
    read_some_again(acme.id, 0, now=NOW)
    assert left(acme) == [0, made[1]]
    assert types_of(acme) == ["numeric", "endpoint", "other", "other", "other", ""]
    judge(organization_id=acme.id)
    assert types_of(acme) == ["numeric", "endpoint", "numeric", "docs", "numeric", ""]
    assert types_of(globex) == ["other"]
    assert left(acme) == left(globex) == []
    with tenant(acme.id):
        assert progress(acme) is None


def test_progress_says_how_many_were_read(acme: Organization) -> None:
    made = make_pulls(acme, "a.py", "b.py", "c.py")
    change(acme, BILLING)
    with tenant(acme.id):
        Chore.objects.filter(kind="task_types").update(key=made[1])
        assert progress(acme) == (2, 3, False)
        Chore.objects.filter(kind="task_types").update(is_dead=True)
        assert progress(acme) == (2, 3, True)


def test_reading_twice_gives_equal_tables(acme: Organization) -> None:
    make_pulls(acme, "billing/a.py", "shop/views.py", "web/site.css")
    change(acme, BILLING)
    tables = []
    for _ in range(2):
        read_some_again(acme.id, 0, now=NOW)
        while work(acme.id, JUDGING, clock=timezone.now, seconds=5):
            pass
        with tenant(acme.id):
            tables.append(list(PullRequest.objects.order_by("id").values()))
    assert tables[0] == tables[1]
    assert [row["task_type"] for row in tables[0]] == ["numeric", "endpoint", "front-end"]


def test_a_second_change_begins_from_the_start(acme: Organization) -> None:
    make_pulls(acme, "billing/a.py")
    change(acme, BILLING)
    with tenant(acme.id):
        Chore.objects.filter(kind="task_types").update(key=10**9)
    change(acme, shown=fingerprint([BILLING]))
    assert left(acme) == [0]


def test_at_least_one_is_read_however_slow_it_is(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retyping, "SECONDS", -1.0)
    make_pulls(acme, "billing/a.py", "billing/b.py")
    change(acme, BILLING)
    judge(organization_id=acme.id)
    assert types_of(acme) == ["numeric", "numeric"]


def test_a_change_is_audited_and_keeps_the_rules_before(acme: Organization, alice: User) -> None:
    second = Rule("*.sol", TaskType.MODEL)
    assert change(acme, BILLING, by=alice)
    assert change(acme, BILLING, second, shown=fingerprint([BILLING]), by=alice)
    assert not change(acme, BILLING, second, shown="whatever"), "nothing changed"
    assert rules_of(acme) == [BILLING, second]
    assert rules_before(acme) == [BILLING]
    with tenant(acme.id):
        entries = AuditEntry.objects.filter(action="task_types.changed").order_by("id")
        assert [entry.actor for entry in entries] == [alice, alice]
        assert entries[1].details == {
            "before": {"task_type_rules": ["billing/ → Numeric code"]},
            "after": {"task_type_rules": ["billing/ → Numeric code", "*.sol → Models"]},
        }


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(acme: Organization) -> None:
    change(acme, BILLING)
    with pytest.raises(RulesClashError):
        change(acme, Rule("*.sol", TaskType.MODEL))
    with pytest.raises(RulesError):
        change(acme, Rule("", TaskType.MODEL), shown=fingerprint([BILLING]))
    with tenant(acme.id):
        assert rules_of(Organization.objects.get(id=acme.id)) == [BILLING]


def test_other_settings_stay(acme: Organization) -> None:
    Organization.objects.filter(id=acme.id).update(settings={"kept_from": "2026-01-01"})
    change(acme, BILLING)
    assert Organization.objects.get(id=acme.id).settings["kept_from"] == "2026-01-01"


def test_a_preview_says_which_of_the_newest_would_change(acme: Organization, globex: Organization) -> None:
    make_pulls(globex, "billing/a.py")
    with tenant(acme.id):
        repository = make_repository(acme)
        for number, path in enumerate(["billing/a.py", "billing/b.py", "shop/views.py"]):
            make_pull_request(repository, files=[file(path)], task_type="other", opened_at=NOW - timedelta(days=number))
        make_pull_request(repository, files=None)
        found = preview(acme.id, [BILLING])
        assert (found.of, found.count) == (3, 3)
        assert found.changes == [("other", "numeric", 2), ("other", "endpoint", 1)]
    assert types_of(acme) == ["other", "other", "other", ""]
