"""axe looks at every kind of page in both themes. A new page is one more line in `PAGES`."""

import hashlib
from pathlib import Path

import pytest

from codecard.lib.tenant import tenant
from teams.models import Organization, Team
from tests.browser.conftest import SignedIn

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
VENDOR = Path(__file__).parent / "vendor"
# `{team}` is the id of a team.
PAGES = (
    "/",
    "/start/",
    "/start/?tool=codex",
    "/accounts/email/",
    "/accounts/logout/",
    "/o/northwind/",
    "/o/northwind/t/payments/",
    "/o/northwind/t/tiny/",
    "/o/northwind/health/",
    "/o/nobody/",
    "/o/northwind/admin/",
    "/o/northwind/admin/teams/membership/",
    "/o/northwind/admin/teams/team/",
    "/o/northwind/admin/teams/team/add/",
    "/o/northwind/admin/teams/team/{team}/change/",
    "/o/northwind/admin/teams/team/{team}/history/",
    "/o/northwind/admin/teams/auditentry/",
)
VISITORS_PAGES = ("/", "/accounts/login/", "/accounts/login/code/", "/accounts/signup/", "/accounts/link/")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
# A moment first, for scripts that wait for the page as well.
LOOK = f"""new Promise(go => setTimeout(go, 50))
    .then(() => axe.run(document, {{runOnly: {TAGS}, resultTypes: ["violations"]}}))
    .then(found => found.violations.flatMap(rule => rule.nodes.map(
        node => `${{rule.id}}: ${{node.html.slice(0, 160)}} ${{node.failureSummary.slice(0, 200)}}`
    )))"""


def test_axe_is_the_one_that_was_locked() -> None:
    [row] = [line for line in (VENDOR / "LOCK").read_text().splitlines() if not line.startswith("#")]
    _, version, file, sha256, _, _ = (part.strip() for part in row.split("|"))
    assert hashlib.sha256((VENDOR / file).read_bytes()).hexdigest() == sha256
    assert f"axe v{version}" in (VENDOR / file).read_text()[:50]


@pytest.fixture
def team(northwind: Organization) -> Team:
    with tenant(northwind.id):
        return Team.objects.get(slug="payments")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(theme: str, open_page: SignedIn, team: Team) -> None:
    page = open_page(PAGES[0], dark=theme == "dark")
    # From the debugger's side, whose scripts no policy of the page concerns.
    page.call("Page.addScriptToEvaluateOnNewDocument", source=(VENDOR / "axe.min.js").read_text())
    host = page.evaluate("location.origin")
    found: list[str] = []
    for address in PAGES:
        page.open(f"{host}{address.format(team=team.id)}")
        found += [f"{address} {fault}" for fault in page.evaluate(LOOK)]
    page.call("Network.clearBrowserCookies")
    for address in VISITORS_PAGES:
        page.open(f"{host}{address}")
        found += [f"visitor's {address} {fault}" for fault in page.evaluate(LOOK)]
    assert not found, "\n".join(found)
