import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from events import sample, tasks
from teams.models import Organization, Role
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    found: list[int] = []
    monkeypatch.setattr(tasks.fill_sample, "delay", lambda *, organization_id: found.append(organization_id))
    return found


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("sample", *arguments, stdout=output)
    return output.getvalue()


def test_the_first_start_makes_it_and_asks_for_the_rest(queued: list[int]) -> None:
    assert "newest weeks come first" in run("start")
    assert queued == [Organization.objects.get(is_sample=True).id]


def test_a_later_start_takes_it_up_where_it_was_left(queued: list[int]) -> None:
    run("start")
    run("start")
    assert len(queued) == 2
    assert len(set(queued)) == 1


def test_a_full_sample_is_not_mentioned(queued: list[int]) -> None:
    sample.create(now=NOW, people=3, weeks=0)
    assert run("start") == ""
    assert queued == []


def test_it_does_not_come_back_beside_real_organizations_unless_asked_for(
    queued: list[int], acme: Organization
) -> None:
    assert run("start") == ""
    assert queued == []
    assert run("start", "--anyway")
    assert len(queued) == 1


def test_it_is_filled_here_and_now_with_progress() -> None:
    sample.create(now=NOW, people=5, weeks=2)
    said = run("fill").splitlines()
    assert [line.partition(": ")[2].partition(": ")[2] for line in said] == [
        "1 of 2 weeks (50 %)",
        "2 of 2 weeks (100 %)",
    ]
    assert "2 of 2 weeks" in run("status")


def test_it_is_removed() -> None:
    sample.create(now=NOW, people=5, weeks=1)
    assert "is gone" in run("remove")
    assert not Organization.objects.exists()
    assert "There is no sample" in run("status")


@pytest.mark.parametrize("what", ["fill", "remove"])
def test_without_a_sample_it_says_how_to_make_one(what: str) -> None:
    with pytest.raises(CommandError, match="sample start"):
        run(what)


def test_links_are_printed_for_a_lead_a_developer_and_an_admin(settings: Any) -> None:
    settings.BASE_URL = "http://127.0.0.1:8000"
    sample.create(now=NOW)
    output = io.StringIO()
    call_command("local_links", stdout=output)
    for role in (Role.LEAD, Role.DEVELOPER, Role.ADMIN):
        assert f"{role.label.lower()}" in output.getvalue()
    assert output.getvalue().count("/accounts/link/") >= 3
