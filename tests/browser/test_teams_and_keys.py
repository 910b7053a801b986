"""Teams and keys as a person with a browser meets them."""

import pytest
from django.utils import timezone

from codecard.lib.tenant import tenant
from teams import actions
from teams.imports import waiting
from teams.imports.csv_file import read
from teams.models import Key, KeyKind, Organization, User
from tests.browser._looking import faults
from tests.browser.conftest import SignedIn

pytestmark = pytest.mark.django_db(transaction=True)
SETTINGS = "/o/northwind/settings/"
FILE = b"team,parent,email,lead\nRefunds,Payments,mara@northwind.example,yes\n=1,,,\n"


def test_pages_hold_up_in_every_window_and_theme(open_page: SignedIn, northwind: Organization, olga: User) -> None:
    key = actions.create_key(
        organization=northwind, kind=KeyKind.API, name="x" * 100, scopes=[], by=olga, now=timezone.now()
    ).key
    preview = f"{SETTINGS}team-import/{waiting.keep(read(FILE, 'teams.csv'), northwind, olga)}/"
    page = open_page(SETTINGS)
    host = page.evaluate("location.origin")
    addresses = (
        f"{SETTINGS}teams/payments/?q=a", f"{SETTINGS}teams/payments/move/", preview, f"{preview}?show=problems",
        f"{SETTINGS}keys/{key.id}/", f"{SETTINGS}keys/{key.id}/revoke/", "/o/northwind/keys/new/",
    )  # fmt: skip
    found = faults(page, [host + address for address in addresses])
    assert not found, "\n".join(found)


def test_a_double_click_shows_the_one_key_it_made(open_page: SignedIn, northwind: Organization) -> None:
    page = open_page(f"{SETTINGS}keys/new/")
    page.evaluate("document.querySelector('input[name=name]').value = 'twice'")
    page.evaluate("(button => { button.click(); button.click(); })(document.querySelector('main form .btn-primary'))")
    page.wait_for_text("Copy the new key now")
    assert page.evaluate("document.querySelector('#secret').innerText").startswith("cci_")
    with tenant(northwind.id):
        assert Key.objects.filter(name="twice").count() == 1
    assert page.complaints() == []


def test_what_is_wrong_gets_the_focus(open_page: SignedIn) -> None:
    page = open_page(f"{SETTINGS}keys/new/")
    page.evaluate("document.querySelector('main form').noValidate = true")
    page.click("main form .btn-primary")
    page.wait_for_text("This field is required.")
    assert page.evaluate("document.activeElement.name") == "name"
