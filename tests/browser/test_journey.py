"""From an empty database to the first numbers of a team, and to a key that is refused: as people do it, in the browser,
over a GitHub on loopback."""

import json
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from codecard.lib.periods import monday
from codecard.lib.tenant import tenant
from teams import key_cache
from teams.models import AuditEntry, Membership, Organization, Role, User
from tests._github import Email, GitHub, Person
from tests.browser._chromium import Chromium
from tests.browser._someone import Someone, found_acme, invitation_link

pytestmark = pytest.mark.django_db(transaction=True)
OLGA, LENA, DAN, KIM = (
    Person(number, name.lower(), f"{name} Example", [Email(f"{name.lower()}@acme.example")])
    for number, name in enumerate(("Olga", "Lena", "Dan", "Kim"), start=1)
)


def post(here: str, key: str, events: list[dict[str, object]]) -> int:
    request = urllib.request.Request(
        f"{here}/api/v1/events",
        json.dumps(events).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert json.load(answer)["rejected"] == []
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def a_morning(who: str, day: datetime) -> list[dict[str, object]]:
    at = day.replace(hour=9)
    common: dict[str, object] = {"tool": "my-assistant", "session": f"morning of {who}", "at": at.isoformat()}
    return [
        {**common, "kind": "prompt", "id": f"{who}-prompt"},
        {**common, "kind": "response", "id": f"{who}-response", "model": "claude-sonnet-4-5", "input_tokens": 1000},
    ]


@pytest.fixture
def here(live_server: object) -> str:
    return str(live_server)


def test_from_an_empty_database_to_the_numbers_of_a_team(
    browser: Chromium, here: str, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_cache, "SECONDS_KNOWN", 1.0)
    olga = Someone(browser, here, github, OLGA)
    found_acme(olga)

    # A lead and two developers come by links.
    links = {role: invitation_link(olga, role, uses) for role, uses in ((Role.LEAD, 1), (Role.DEVELOPER, 2))}
    people = {}
    for person, role in ((LENA, Role.LEAD), (DAN, Role.DEVELOPER), (KIM, Role.DEVELOPER)):
        people[person.login] = newcomer = Someone(browser, here, github, person)
        newcomer.go(links[role])
        assert "Your lead sees" in newcomer.text
        newcomer.by_github()
        assert newcomer.address == "/o/acme/" or newcomer.address == links[role]
    assert _roles() == {"olga": "owner", "lena": "lead", "dan": "developer", "kim": "developer"}
    again = Someone(browser, here, github, Person(9, "late", "Late", [Email("late@acme.example")]))
    again.go(links[Role.LEAD])
    assert "used already" in again.text

    # Each connects a tool, which sends.
    last_week = monday(timezone.now().date()) - timedelta(days=4)
    day = datetime(last_week.year, last_week.month, last_week.day, tzinfo=timezone.get_default_timezone())
    for login, someone in people.items():
        someone.go("/start/?tool=claude-code&organization=acme")
        someone.press("main form button")
        snippet = someone.page.evaluate("document.querySelector('pre.codeblock').innerText")
        key = next(word for word in snippet.replace("'", " ").split() if word.startswith("cci_"))
        assert post(here, key, a_morning(login, day)) == 200

    # The lead sees a team, and nobody in it.
    lena = people["lena"]
    lena.go("/o/acme/t/payments/")
    tiles = lena.page.evaluate(
        "[...document.querySelectorAll('main .kpi')].map(one => one.innerText).join('|')"
    ).replace("\u00a0", " ")
    assert "Withheld" not in tiles
    for counted in ("of 3 members", "Sessions\n3", "Prompts\n3", "Tokens\n3,000"):
        assert counted in tiles
    for name in ("Dan", "Kim"):
        assert name not in lena.text
    lena.go("/o/acme/settings/members/")
    assert "can't open this page" in lena.text

    # A key of the organization is made, used, revoked, and refused.
    olga.go("/o/acme/settings/keys/new/")
    olga.fill(name="All machines")
    olga.press("main form button")
    secret = olga.page.evaluate("document.querySelector('#secret').innerText").strip()
    assert post(here, secret, a_morning("machine", day)) == 200
    olga.go("/o/acme/settings/keys/?q=All+machines")
    olga.press("main table a")
    olga.press("main a[href$='/revoke/']")
    olga.press("main form button")
    revoked_at = time.monotonic()
    while post(here, secret, a_morning("machine", day)) != 403:
        assert time.monotonic() - revoked_at < 30
        time.sleep(0.2)
    assert [complaint for one in (olga, lena) for complaint in one.page.complaints() if "403" not in complaint] == []
    assert {"organization.created", "team.created", "invitation.accepted", "key.revoked"} <= _audited()
    for someone in (olga, *people.values()):
        # Nobody's page asks on while the database is emptied.
        someone.page.open("about:blank")


def _roles() -> dict[str, str]:
    acme = Organization.objects.get(slug="acme")
    with tenant(acme.id):
        rows = Membership.objects.filter(organization=acme).select_related("user")
        found = {row.user.email.partition("@")[0]: row.role for row in rows}
    assert User.objects.count() == len(found)
    return found


def _audited() -> set[str]:
    acme = Organization.objects.get(slug="acme")
    with tenant(acme.id):
        return set(AuditEntry.objects.values_list("action", flat=True))
