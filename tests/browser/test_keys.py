"""Single keys on a dashboard: what they do, and that they can be switched off."""

import pytest

from tests.browser._chromium import Page
from tests.browser.conftest import SignedIn

pytestmark = pytest.mark.django_db(transaction=True)
TEAM = "/o/northwind/t/payments/"


def _press(page: Page, key: str, where: str = "document.body") -> None:
    page.evaluate(f"{where}.dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}', bubbles: true}}))")


def _search(page: Page) -> str:
    return str(page.evaluate("location.search"))


def test_keys_choose_period_and_comparison_and_clear_filters(open_page: SignedIn) -> None:
    page = open_page(f"{TEAM}?task=test")
    _press(page, "3")
    page.wait_for(lambda: "p=91d" in _search(page), "the quarter")
    page.wait_for(lambda: page.evaluate("document.querySelector('#clear-filters') !== null"), "the filters")
    _press(page, "Escape")
    page.wait_for(lambda: _search(page) == "?p=91d", "no filter")
    _press(page, "x")
    page.wait_for(lambda: "vs=year" in _search(page), "the comparison")
    _press(page, "ArrowLeft")
    page.wait_for(lambda: ".." in _search(page), "the period before")
    assert page.complaints() == []


def test_they_are_listed_and_can_be_switched_off(open_page: SignedIn) -> None:
    page = open_page(TEAM)
    _press(page, "?")
    assert page.evaluate("document.querySelector('dialog[data-keys]').open")
    page.click("[data-keys-on]")
    page.click("dialog[data-keys] button")
    _press(page, "3")
    page.open(page.evaluate("location.href"))
    _press(page, "3")
    assert _search(page) == ""
    _press(page, "?")
    assert page.evaluate("document.querySelector('[data-keys-on]').checked") is False
    page.evaluate("localStorage.clear()")


def test_where_something_is_typed_a_key_is_a_letter(open_page: SignedIn) -> None:
    page = open_page(TEAM)
    _press(page, "c")
    assert page.evaluate("document.activeElement.name") == "from"
    _press(page, "3", "document.activeElement")
    assert _search(page) == ""
