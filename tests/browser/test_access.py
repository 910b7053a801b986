"""Every kind of page, loaded once and looked at in each window and theme: nothing overflows, the console is silent, and
axe finds nothing. A new page is one more line in `_pages.py`."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from teams.models import Organization
from tests.browser._chromium import Page
from tests.browser._pages import PAGES, TABLES, VISITORS_PAGES, ids_of
from tests.browser.conftest import SignedIn

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
VENDOR = Path(__file__).parent / "vendor"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
# A theme changes colours and nothing else: what a page is made of is looked at once.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
# A moment first, for scripts that wait for the page as well; and no colour on its way to another.
LOOK = """new Promise(go => setTimeout(go, 50))
    .then(() => document.getAnimations().forEach(one => one.finish()))
    .then(() => axe.run(document, {{runOnly: {rules}, resultTypes: ["violations"]}}))
    .then(found => found.violations.flatMap(rule => rule.nodes.map(
        node => `${{rule.id}}: ${{node.html.slice(0, 160)}} ${{node.failureSummary.slice(0, 200)}}`
    )))"""
# What axe leaves to taste.
ONCE = """(() => {
    const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
    return [
        ...ids.filter((id, i) => ids.indexOf(id) !== i).map(id => "twice: #" + id),
        ...(document.querySelectorAll("h1").length === 1 ? [] : ["not one h1"]),
    ];
})()"""
REFUSED = {"/o/nobody/", "/join/x/"}
"""Their answer is a 404, which the console tells."""


def test_axe_is_the_one_that_was_locked() -> None:
    [row] = [line for line in (VENDOR / "LOCK").read_text().splitlines() if not line.startswith("#")]
    _, version, file, sha256, _, _ = (part.strip() for part in row.split("|"))
    assert hashlib.sha256((VENDOR / file).read_bytes()).hexdigest() == sha256
    assert f"axe v{version}" in (VENDOR / file).read_text()[:50]


@pytest.mark.parametrize("part", ["first half", "second half", "tables", "visitor's"])
def test_pages_hold_up_in_every_window_and_theme(part: str, open_page: SignedIn, northwind: Organization) -> None:
    half = len(PAGES) // 2
    addresses = {
        "first half": PAGES[:half],
        "second half": PAGES[half:],
        "tables": TABLES,
        "visitor's": VISITORS_PAGES,
    }[part]
    page = open_page("/")
    # From the debugger's side, whose scripts no policy of the page concerns.
    page.call("Page.addScriptToEvaluateOnNewDocument", source=(VENDOR / "axe.min.js").read_text())
    host = page.evaluate("location.origin")
    if part == "visitor's":
        page.call("Network.clearBrowserCookies")
    ids = ids_of(northwind)
    found = []
    for address in addresses:
        page.look(width=1440, dark=False)
        page.open(host + address.format(**ids))
        found += [f"{address} {fault}" for fault in faults_of(page, address)]
    assert not found, "\n".join(found)


def faults_of(page: Page, address: str) -> Iterator[str]:
    expected = "404" if address in REFUSED else None
    yield from (text for text in page.complaints() if expected is None or expected not in text)
    yield from page.evaluate(LOOK.format(rules=TAGS))
    # Django's own tables scroll in a narrow window.
    is_ours = address not in TABLES
    if is_ours:
        yield from page.evaluate(ONCE)
    if is_ours and page.overflow:
        yield f"{page.overflow} px too wide at 1440"
    page.look(width=390, height=844, dark=True)
    if is_ours and page.overflow:
        yield f"{page.overflow} px too wide at 390"
    yield from page.evaluate(LOOK.format(rules=OF_COLOURS))
    # axe itself reads sheets and images again, of which a strict policy complains.
    page.complaints()
