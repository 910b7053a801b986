"""Somebody before a browser of their own, who signs in through GitHub, fills in forms and presses buttons."""

import json

from teams.models import Role
from tests._github import GitHub, Person
from tests.browser._chromium import Chromium


class Someone:
    """A person with a browser of their own."""

    def __init__(self, browser: Chromium, here: str, github: GitHub, person: Person) -> None:
        self.page, self.here, self._github, self._person = browser.page(), here, github, person

    def go(self, address: str) -> None:
        self.page.open(self.here + address)

    def by_github(self) -> None:
        """Continues with GitHub from the page that is open, and comes back signed in."""
        self._github.person = self._person
        self.press("main form[action*=github] button")

    def press(self, selector: str) -> None:
        """A button or link that leads to another page."""
        self.page.evaluate("window.isOld = true")
        self.page.click(selector)
        loaded = "document.readyState === 'complete' && window.isOld !== true"
        self.page.wait_for(lambda: self._is(loaded), f"the page after {selector}")

    def _is(self, condition: str) -> bool:
        try:
            return bool(self.page.evaluate(condition))
        except Exception:
            return False

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            field = f"document.querySelector('main [name={name}]')"
            self.page.evaluate(f"{field}.value = {json.dumps(value)}")

    def choose(self, name: str, words: str) -> None:
        """The option of a select by its words."""
        field = f"document.querySelector('main select[name={name}]')"
        found = f"[...{field}.options].find(one => one.text.trim() === {json.dumps(words)})"
        self.page.evaluate(f"{field}.value = {found}.value")

    @property
    def text(self) -> str:
        return str(self.page.evaluate("document.querySelector('main').innerText"))

    @property
    def address(self) -> str:
        return str(self.page.evaluate("location.pathname"))


def invitation_link(owner: Someone, role: Role, uses: int) -> str:
    """The path of a link that makes people members of the team."""
    owner.go("/o/acme/settings/invitations/new/link/")
    owner.choose("role", role.label)
    owner.choose("team", "Payments")
    owner.fill(most_uses=str(uses))
    owner.press("main form button")
    link = str(owner.page.evaluate("document.querySelector('main .codeblock').innerText")).strip()
    return link.removeprefix(owner.here)


def found_acme(owner: Someone) -> None:
    """Signs in at GitHub, and makes an organization whose numbers are of three people or more, and a team in it."""
    owner.go("/accounts/login/")
    owner.by_github()
    owner.go("/organizations/new/")
    owner.fill(name="Acme")
    owner.press("main form button")
    assert owner.address == "/o/acme/settings/"
    owner.fill(privacy_floor="3")
    owner.press("main form:has([name=privacy_floor]) button")
    owner.go("/o/acme/settings/teams/")
    owner.fill(name="Payments")
    owner.press("main form:has([name=name]) button")
    assert "Payments" in owner.text
