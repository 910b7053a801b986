import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from pytest_django.live_server_helper import LiveServer

from codecard.lib.tenant import tenant
from events.queries import usage
from events.simulation import Simulation
from teams.models import Key, Organization
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

SMALL = {"people": 5, "weeks": 2, "seed": 7, "until": date(2026, 6, 1)}
MEANT = [Simulation(**SMALL, telling="email").meant(week) for week in range(2)]  # type: ignore[arg-type]


def simulate(**options: object) -> str:
    output = io.StringIO()
    call_command("simulate", stdout=output, **{**SMALL, **options})
    return output.getvalue()


def output_tokens(organization: Organization) -> int:
    with tenant(organization.id):
        rows = usage(organization.id, date(2000, 1, 1), date(2100, 1, 1))
    return rows[0].counters["output_tokens"]


def meant_output_tokens() -> int:
    return sum(count for meant in MEANT for (_, _, kind), count in meant.tokens.items() if kind == "output")


def test_an_organization_is_made_and_filled_and_a_second_run_adds_nothing() -> None:
    said = simulate(organization="initech")
    assert said.splitlines()[-1].startswith("week 2 of 2: ")
    organization = Organization.objects.get(slug="initech")
    assert output_tokens(organization) == meant_output_tokens()
    simulate(organization="initech")
    assert output_tokens(organization) == meant_output_tokens()


def test_the_key_of_a_run_ends_with_it() -> None:
    simulate(organization="initech", weeks=1)
    organization = Organization.objects.get(slug="initech")
    with tenant(organization.id):
        assert Key.objects.get().revoked_at is not None


def test_a_running_server_is_filled_with_its_key(live_server: LiveServer, acme: Organization) -> None:
    simulate(url=live_server.url, key=factories.make_key(acme).secret)
    assert output_tokens(acme) == meant_output_tokens()


def test_a_wrong_key_is_told(live_server: LiveServer) -> None:
    with pytest.raises(CommandError, match="401"):
        simulate(url=live_server.url, key="cci_" + "x" * 43)


@pytest.mark.parametrize(
    "options", [{}, {"url": "http://127.0.0.1:9"}, {"key": "x"}, {"organization": "a", "url": "b", "key": "c"}]
)
def test_where_to_is_asked_for(options: dict[str, str]) -> None:
    with pytest.raises(CommandError, match="either"):
        simulate(**options)


@pytest.mark.parametrize("options", [("--people", "0"), ("--until", "yesterday")])
def test_nonsense_is_refused(options: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match=r"must be|is not a day"):
        call_command("simulate", "--organization", "initech", *options)
