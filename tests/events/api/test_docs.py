"""The API's page shows every operation of the schema, and the examples of docs/api.md run as they stand."""

import os
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from codecard.lib.periods import monday
from codecard.lib.tenant import tenant
from teams import actions
from teams.models import Organization
from tests import factories
from tests.events.dashboards._work import work

pytestmark = pytest.mark.django_db(transaction=True)
DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text()


def test_the_page_shows_every_operation(client: Client) -> None:
    schema = client.get("/api/schema/").json()
    page = unescape(client.get("/api/docs/").text)
    for path, operations in schema["paths"].items():
        for told in operations.values():
            assert path == "/api/schema/" or (f'id="{told["operationId"]}"' in page and told["summary"] in page), path


def _examples(language: str) -> list[str]:
    asked = DOCUMENT[DOCUMENT.index("## Ask for numbers") :]
    return [code for code in re.findall(rf"```{language}\n(.*?)```", asked, re.DOTALL) if "acceptance-rate" in code]


@pytest.fixture
def environment(acme: Organization, live_server: Any) -> dict[str, str]:
    """Of a team of six with work last week."""
    now = timezone.now()
    with tenant(acme.id):
        team = factories.make_team(acme, "Payments")
        people = [factories.make_contributor(acme) for _ in range(6)]
        for person in people:
            actions.join_team(team=team, contributor=person, by=None, now=now)
        token = factories.make_token(acme).secret
    last_week = monday(now.date()) - timedelta(weeks=1)
    for person in people:
        work(acme, person, last_week, accepted=20, rejected=5, now=now)
    return {**os.environ, "CODE_CARD": str(live_server), "API_TOKEN": token}


@pytest.mark.parametrize(("language", "command"), [("shell", ["bash", "-ec"]), ("python", [sys.executable, "-c"])])
def test_examples_run_and_tell_the_number(language: str, command: list[str], environment: dict[str, str]) -> None:
    assert shutil.which("curl")
    (code,) = _examples(language)
    done = subprocess.run([*command, code], env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert re.search(r"\b0\.8\b|80\.0", done.stdout), done.stdout + done.stderr
