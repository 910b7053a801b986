"""Pages in a real browser: what no answer of the server alone can tell."""

from typing import Any

import pytest
from django.utils import timezone

from codecard.lib.tenant import tenant
from events.schema import Response
from teams import queries
from teams.models import Organization, User
from tests.browser._pages import PAGES, VISITORS_PAGES, ids_of
from tests.browser.conftest import SignedIn
from tests.events.dashboards._work import store

pytestmark = pytest.mark.django_db(transaction=True)
WINDOWS: tuple[dict[str, Any], ...] = ({"width": 1440}, {"width": 390, "height": 844}, {"width": 1440, "dark": True})
# What a person who can't see or can't point needs of a page, as far as a few lines can ask for it.
ACCESS = """(() => {
    const named = e => (e.getAttribute("aria-label") || e.getAttribute("title") || e.textContent || "").trim()
        || e.labels?.length || e.getAttribute("aria-labelledby");
    const seen = e => e.getClientRects().length > 0;
    const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
    return [
        ...[...document.querySelectorAll("a[href], button, summary, input:not([type=hidden]), select")]
            .filter(e => seen(e) && !named(e)).map(e => "no name: " + e.outerHTML.slice(0, 120)),
        ...[...document.querySelectorAll("img:not([alt]), svg[role=img]:not([aria-label]):not([aria-labelledby])")]
            .map(e => "no words: " + e.outerHTML.slice(0, 120)),
        ...ids.filter((id, i) => ids.indexOf(id) !== i).map(id => "twice: #" + id),
        ...(document.querySelectorAll("main").length === 1 ? [] : ["not one main"]),
        ...(document.querySelectorAll("h1").length === 1 ? [] : ["not one h1"]),
        ...(document.documentElement.lang ? [] : ["no language"]),
    ];
})()"""


@pytest.mark.parametrize("window", WINDOWS, ids=["wide", "phone", "dark"])
def test_pages_fit_their_window_and_the_console_is_silent(
    window: dict[str, Any], open_page: SignedIn, northwind: Organization
) -> None:
    ids = ids_of(northwind)
    page = open_page("/", **window)
    host = page.evaluate("location.origin")
    for address in (*PAGES, *VISITORS_PAGES[1:]):
        page.open(host + address.format(**ids))
        expected = ["404"] if address in {"/o/nobody/", "/join/x/"} else []
        complaints = [text for text in page.complaints() if not any(code in text for code in expected)]
        assert complaints == [], address
        assert page.overflow == 0, address
        assert page.evaluate(ACCESS) == [], address


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
    assert "cci_" in page.evaluate("document.querySelector('#snippet-1').innerText")
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
