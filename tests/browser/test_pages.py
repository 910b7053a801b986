"""Pages in a real browser: what no answer of the server alone can tell."""

from typing import Any

import pytest
from django.utils import timezone

from codecard.lib.tenant import tenant
from events.models import Session
from events.schema import Response
from teams import queries
from teams.models import Organization, User
from tests.browser._looking import faults
from tests.browser.conftest import SignedIn
from tests.events.dashboards._work import store

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_period_is_swapped_in_and_stands_in_the_address(open_page: SignedIn) -> None:
    page = open_page("/o/northwind/t/payments/")
    page.evaluate("window.stayed = true")
    page.click('nav[aria-label="Period"] a[href*="91d"]')
    page.wait_for(lambda: "p=91d" in page.evaluate("location.search"), "the address")
    page.wait_for(
        lambda: page.evaluate("document.querySelector('nav[aria-label=Period] [aria-current]').innerText") == "91 days",
        "the new period",
    )
    assert page.evaluate("window.stayed") is True
    assert page.evaluate("document.querySelectorAll('#dash').length") == 1
    assert page.complaints() == []


def test_a_key_is_made_and_the_panel_turns_green(open_page: SignedIn, northwind: Organization, olga: User) -> None:
    page = open_page("/start/?tool=claude-code")
    page.click("main form button")
    page.wait_for_text("Waiting for the first event")
    assert "cci_" in page.evaluate("document.querySelector('pre.codeblock').innerText")
    with tenant(northwind.id):
        person = queries.contributor_of(northwind, olga)
    assert person
    now = timezone.now()
    store(northwind, person, Response(id="first", at=now, tool="claude-code", input_tokens=70), now=now)
    page.wait_for_text("Claude Code is connected")
    assert page.complaints() == []


def test_a_picture_says_its_numbers_as_a_table(open_page: SignedIn) -> None:
    page = open_page("/o/northwind/t/payments/")
    page.click("figure details summary")
    rows = page.evaluate("[...document.querySelectorAll('figure details[open] tbody tr')].map(row => row.innerText)")
    assert len(rows) == 13
    assert any("%" in row for row in rows)


def test_arrow_keys_reach_every_prompt_of_a_busy_pull_request(open_page: SignedIn) -> None:
    page = open_page("/o/northwind/pulls/northwind/payments-api/2110/")
    marks = "document.querySelectorAll('[data-lane]')[0].querySelectorAll('a')"
    assert page.evaluate(f"[...{marks}].filter(mark => mark.tabIndex === 0).length") == 1
    page.evaluate(f"{marks}[0].focus()")
    reached = []
    for _ in range(page.evaluate(f"{marks}.length")):
        reached.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
        page.evaluate(
            "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}))"
        )
    assert len(set(reached)) == len(reached)
    assert sum(int(words.split("\xa0")[0]) if "\xa0prompts" in words else 1 for words in reached) == 40
    page.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowDown', bubbles: true}))"
    )
    assert "accepted" in page.evaluate("document.activeElement.getAttribute('aria-label')")


def test_a_session_in_a_repository_with_a_long_name_holds_up(
    open_page: SignedIn, northwind: Organization, olga: User
) -> None:
    with tenant(northwind.id):
        person = queries.contributor_of(northwind, olga)
    assert person
    now = timezone.now()
    fields: dict[str, Any] = {"session": "long", "repository": f"git.example.com/a-company/{'very-' * 12}long-name"}
    store(northwind, person, Response(id="one", at=now, tool="claude-code", input_tokens=70, **fields), now=now)
    with tenant(northwind.id):
        number = Session.objects.get(organization=northwind, key="long").id
    page = open_page("/me/sessions/")
    assert faults(page, [f"{page.evaluate('location.origin')}/me/sessions/northwind/{number}/"]) == []
