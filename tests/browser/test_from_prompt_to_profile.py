"""From an empty database to a lead who sees why a pull request counts as AI-assisted, and to a stranger who sees the
profile of whoever wrote it: people in browsers, the client on a machine, GitHub on loopback with its signed webhook."""

import hmac
import json
import os
import re
import subprocess
import sys
import urllib.request
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from django.utils import timezone

from codecard.lib.tenant import tenant
from events import tasks
from events.models import Chore
from teams.models import Organization, Role
from tests import webhooks
from tests._github import Email, GitHub, Person
from tests.browser._chromium import Chromium
from tests.browser._looking import faults
from tests.browser._someone import Someone, found_acme, invitation_link

pytestmark = pytest.mark.django_db(transaction=True)
OLGA, LENA, DAN, KIM = (
    Person(number, name.lower(), f"{name} Example", [Email(f"{name.lower()}@acme.example")])
    for number, name in enumerate(("Olga", "Lena", "Dan", "Kim"), start=1)
)
BRANCH = "basket"


@pytest.fixture
def here(live_server: object) -> str:
    return str(live_server)


def test_from_a_prompt_to_its_evidence_and_to_a_public_profile(
    browser: Chromium, here: str, github: GitHub, tmp_path: Path
) -> None:
    began = timezone.now() - timedelta(minutes=4)
    olga = Someone(browser, here, github, OLGA)
    found_acme(olga)
    lena, dan, kim = (Someone(browser, here, github, person) for person in (LENA, DAN, KIM))
    for newcomer, role in ((lena, Role.LEAD), (dan, Role.DEVELOPER), (kim, Role.DEVELOPER)):
        newcomer.go(invitation_link(olga, role, 1))
        newcomer.by_github()

    # GitHub is connected by its webhook.
    olga.go("/o/acme/settings/github/")
    olga.fill(account="acme")
    olga.press("main form[action$='/connect/'] button")
    hook = Hook(here, str(olga.page.evaluate("document.querySelector('#secret').innerText")).strip())
    hook.tell("ping", {})

    # A developer connects a machine by one line, and works.
    machine = Machine(tmp_path, here)
    watching = machine.connects(dan)
    dan.go(watching.removeprefix(here))
    assert "Waiting for the first event" in dan.text
    machine.sends(worked(began))
    dan.page.wait_for_text("Claude Code is connected")

    # A pull request of that branch is opened, and merged.
    for event, body in merged(began):
        hook.tell(event, body)
    work_off()

    # The lead goes from the team to the pull request, and to why.
    lena.go("/o/acme/pulls/?team=payments")
    lena.press("main a[href$='/pulls/acme/shop/1/']")
    assert "Evidence of AI use" in lena.text
    assert "Session 1 of Claude Code: " in lena.text
    assert "AI-assisted" in lena.text.replace("\u2011", "-")
    assert "prompt" in lena.text
    lena.go("/o/acme/t/payments/")
    assert "acme/shop #1" in str(lena.page.evaluate("document.querySelector('main').innerHTML")).replace("\u00a0", " ")

    # Nothing of the developer is public before it is published; a stranger then sees it, at both widths and themes.
    dan.go("/me/profile/")
    dan.press("main a[href='/me/profile/publish/']")
    with pytest.raises(HTTPError, match="404"):
        urllib.request.urlopen(f"{here}/@dan/", timeout=30)
    dan.press("main form button")
    stranger = browser.page()
    stranger.open(f"{here}/@dan/")
    shown = str(stranger.evaluate("document.querySelector('main').innerText"))
    assert "Dan Example" in shown
    assert "1\nAI-assisted pull request" in shown
    stranger.evaluate("document.querySelector('img.embed').scrollIntoView()")
    stranger.wait_for(lambda: stranger.evaluate("document.querySelector('img.embed').naturalWidth") == 480, "the card")
    assert faults(stranger, [f"{here}/@dan/"]) == []
    assert [complaint for one in (olga, lena, dan, kim) for complaint in one.page.complaints()] == []
    for page in (olga.page, lena.page, dan.page, kim.page, stranger):
        page.open("about:blank")  # nobody's page asks on while the database is emptied


class Hook:
    """GitHub's side of the webhook, with the secret that the page showed."""

    def __init__(self, here: str, secret: str) -> None:
        self._address, self._secret, self._told = f"{here}/webhooks/github/acme/", secret, 0

    def tell(self, event: str, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self._told += 1
        headers = {
            "X-GitHub-Event": event, "X-GitHub-Delivery": f"delivery-{self._told}", "Content-Type": "application/json",
            "X-Hub-Signature-256": f"sha256={hmac.new(self._secret.encode(), raw, sha256).hexdigest()}",
        }  # fmt: skip
        with urllib.request.urlopen(urllib.request.Request(self._address, raw, headers), timeout=30) as answer:
            assert answer.status == 202


class Machine:
    """A home folder with Claude Code in it, and the client as the server gives it out."""

    def __init__(self, folder: Path, here: str) -> None:
        self._here, self._home, self._client = here, folder / "home", folder / "code-card.pyz"
        (self._home / ".claude").mkdir(parents=True)
        with urllib.request.urlopen(f"{here}/code-card.pyz", timeout=30) as answer:
            self._client.write_bytes(answer.read())

    def connects(self, person: Someone) -> str:
        """The address that the client says to watch; the person says yes in the browser meanwhile."""
        with self._run("connect", "--server", self._here, "--yes", "--no-browser") as running:
            assert running.stdout
            device = next(line for line in running.stdout if "/device/" in line).strip()
            person.go(device.removeprefix(self._here))
            assert "May " in person.text
            person.press("main button[name=approve]")
            said = running.stdout.read()
        assert running.returncode == 0, said
        return str(re.findall(r"http\S+/start/\?\S+", said)[0])

    def sends(self, events: list[dict[str, Any]]) -> None:
        told = self._home / "events.json"
        told.write_text(json.dumps(events))
        with self._run("send", str(told)) as running:
            said = running.communicate(timeout=60)[0]
        assert running.returncode == 0, said

    def _run(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {"HOME": str(self._home), "PATH": os.environ["PATH"]}
        return subprocess.Popen(
            [sys.executable, str(self._client), *arguments], env=environment, cwd=self._home, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip


def worked(began: datetime) -> list[dict[str, Any]]:
    """A prompt, its answer, an accepted suggestion, and the commit."""
    common = {
        "tool": "claude-code", "session": "an afternoon", "repository": "github.com/acme/shop", "branch": BRANCH,
        "model": "claude-sonnet-4-5",
    }  # fmt: skip
    seconds = [(began + timedelta(seconds=15 * number)).isoformat() for number in range(4)]
    return [
        {**common, "kind": "prompt", "id": "p", "at": seconds[0]},
        {**common, "kind": "response", "id": "r", "at": seconds[1], "input_tokens": 900, "output_tokens": 90},
        {
            **common, "kind": "suggestion", "id": "s", "at": seconds[2], "outcome": "accepted", "decided_by": "person",
            "lines_added": 5, "language": "Python",
        },
        {
            "kind": "commit", "sha": webhooks.sha(1), "at": seconds[3], "tool": common["tool"],
            "session": common["session"], "repository": common["repository"], "branch": BRANCH,
        },
    ]  # fmt: skip


def merged(began: datetime) -> list[tuple[str, dict[str, Any]]]:
    def at(minutes: int) -> str:
        return f"{began + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"

    dan = webhooks.user("dan", id=DAN.id)
    times = {"created_at": at(2), "updated_at": at(2), "user": dan}
    head = {"ref": BRANCH, "sha": webhooks.sha(1), "repo": {"full_name": "acme/shop"}}
    told = {**times, "head": head, "commits": 1}
    ended = {
        **told, "state": "closed", "merged": True, "merged_at": at(3), "closed_at": at(3), "updated_at": at(3),
        "merge_commit_sha": webhooks.sha(2), "merged_by": dan,
    }  # fmt: skip
    author = {"name": "Dan", "email": "dan@acme.example", "username": "dan"}
    who: dict[str, Any] = {"author": author, "committer": author}
    one = webhooks.commit(1, at=at(1), **who)
    two = webhooks.commit(2, at=at(3), **who)
    return [
        ("push", webhooks.push(BRANCH, 900, 1, [one], at(1), sender=dan)),
        ("pull_request", webhooks.event("opened", "pull_request", webhooks.counted(1, **told), sender=dan)),
        ("push", webhooks.push("main", 900, 2, [two], at(3), sender=dan)),
        ("pull_request", webhooks.event("closed", "pull_request", webhooks.counted(1, **ended), sender=dan)),
    ]


def work_off() -> None:
    """What the worker does with what the webhook brought."""
    acme = Organization.objects.get(slug="acme")
    tasks.digest_deliveries(organization_id=acme.id)
    tasks.judge(organization_id=acme.id)
    with tenant(acme.id):
        assert not Chore.objects.filter(organization=acme, is_dead=True).exists()
