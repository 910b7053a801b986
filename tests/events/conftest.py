from datetime import datetime

import pytest
from django.utils import timezone

from codecard.lib.tenant import tenant
from teams import actions
from teams.models import Contributor, Organization, Team
from tests import factories
from tests.events.dashboards._work import NOW


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Views ask for the time; the pages of these tests are those of a Wednesday."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return NOW


@pytest.fixture
def crew(acme: Organization) -> list[Contributor]:
    """Six people, the privacy floor being five."""
    with tenant(acme.id):
        return [factories.make_contributor(acme, f"Crew {number}") for number in range(6)]


@pytest.fixture
def ledger(acme: Organization, crew: list[Contributor]) -> Team:
    """The crew's team."""
    team = factories.make_team(acme, "Ledger")
    with tenant(acme.id):
        for person in crew:
            actions.join_team(team=team, contributor=person, by=None, now=NOW)
    return team
