"""Every kind of page, looked at in each window and theme. A new page is one more line in `_pages.py`."""

import hashlib

import pytest

from teams.models import Organization
from tests.browser._looking import VENDOR, faults
from tests.browser._pages import PAGES, TABLES, VISITORS_PAGES, ids_of
from tests.browser.conftest import SignedIn

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])


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
    host = page.evaluate("location.origin")
    if part == "visitor's":
        page.call("Network.clearBrowserCookies")
    ids = ids_of(northwind)
    # Django's own tables scroll in a narrow window.
    found = faults(page, [host + address.format(**ids) for address in addresses], is_fitting=part != "tables")
    assert not found, "\n".join(found)
