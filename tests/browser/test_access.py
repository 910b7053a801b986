"""axe looks at every kind of page in both themes. A new page is one more line in `_pages.py`."""

import hashlib
from pathlib import Path

import pytest

from teams.models import Organization
from tests.browser._pages import PAGES, TABLES, VISITORS_PAGES, ids_of
from tests.browser.conftest import SignedIn

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
VENDOR = Path(__file__).parent / "vendor"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
# A theme changes colours and nothing else: what a page is made of is looked at once.
RULES_OF_THEMES = {"light": TAGS, "dark": ["color-contrast", "link-in-text-block"]}
# A moment first, for scripts that wait for the page as well.
LOOK = """new Promise(go => setTimeout(go, 50))
    .then(() => axe.run(document, {{runOnly: {rules}, resultTypes: ["violations"]}}))
    .then(found => found.violations.flatMap(rule => rule.nodes.map(
        node => `${{rule.id}}: ${{node.html.slice(0, 160)}} ${{node.failureSummary.slice(0, 200)}}`
    )))"""


def test_axe_is_the_one_that_was_locked() -> None:
    [row] = [line for line in (VENDOR / "LOCK").read_text().splitlines() if not line.startswith("#")]
    _, version, file, sha256, _, _ = (part.strip() for part in row.split("|"))
    assert hashlib.sha256((VENDOR / file).read_bytes()).hexdigest() == sha256
    assert f"axe v{version}" in (VENDOR / file).read_text()[:50]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(theme: str, open_page: SignedIn, northwind: Organization) -> None:
    page = open_page(PAGES[0], dark=theme == "dark")
    # From the debugger's side, whose scripts no policy of the page concerns.
    page.call("Page.addScriptToEvaluateOnNewDocument", source=(VENDOR / "axe.min.js").read_text())
    host = page.evaluate("location.origin")
    found: list[str] = []
    look = LOOK.format(rules=RULES_OF_THEMES[theme])
    ids = ids_of(northwind)
    for address in (*PAGES, *TABLES):
        page.open(f"{host}{address.format(**ids)}")
        found += [f"{address} {fault}" for fault in page.evaluate(look)]
    page.call("Network.clearBrowserCookies")
    for address in VISITORS_PAGES:
        page.open(f"{host}{address}")
        found += [f"visitor's {address} {fault}" for fault in page.evaluate(look)]
    assert not found, "\n".join(found)
