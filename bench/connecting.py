"""From sign-in to the first event on the page, as a person does it: what they click and paste, and how long it takes
when they don't hesitate. Against the product itself, with the client that it serves."""

import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

from bench.dashboards import cookie_of
from bench.figures import Figure
from bench.product import Product

SLUG = "bench-connecting"
_FIELD = re.compile(r'type="hidden" name="([^"]+)" value="([^"]*)"')


def run(product: Product) -> list[Figure]:
    figures = []
    for way, connect in (("code-card", _by_client), ("a snippet", _by_hand)):
        person = _Person(product)
        began = time.perf_counter()
        connect(product, person)
        seconds = time.perf_counter() - began
        figures += [
            Figure(f"clicks from sign-in to the first event, by {way}", [person.clicks], at_most=3),
            Figure(f"pastes, by {way}", [person.pastes], at_most=1),
            Figure(f"time of programs and pages, by {way}", [seconds], "s", at_most=30),
        ]
    return figures


class _Person:
    """A browser without pictures, signed in as the owner, that counts what its person does."""

    def __init__(self, product: Product) -> None:
        self.url, self.clicks, self.pastes = product.url, 0, 0
        self._session = cookie_of(product, SLUG)
        self._cookies = CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies)).open
        self.page = ""

    def go(self, path: str, form: dict[str, str] | None = None) -> str:
        cookies = "; ".join([self._session, *(f"{one.name}={one.value}" for one in self._cookies)])
        body = None if form is None else urlencode(form).encode()
        request = urllib.request.Request(self.url + path, body, {"Cookie": cookies, "Referer": self.url})  # noqa: S310
        with self._open(request, timeout=30) as answer:
            self.page = answer.read().decode()
        return self.page

    def press(self, path: str, **fields: str) -> str:
        """The button of the form on the page, with what it holds."""
        self.clicks += 1
        return self.go(path, {**dict(_FIELD.findall(self.page)), **fields})

    def copy_and_paste(self) -> None:
        self.clicks += 1
        self.pastes += 1

    def waits_for(self, path: str, words: str) -> None:
        deadline = time.monotonic() + 30
        while words not in self.go(path):
            if time.monotonic() > deadline:
                raise SystemExit(f"{path} never said: {words}")
            time.sleep(0.2)


def _by_client(product: Product, person: _Person) -> None:
    person.go("/start/")
    person.copy_and_paste()
    with tempfile.TemporaryDirectory() as name:
        client, home = Path(name, "code-card.pyz"), Path(name, "home")
        (home / ".claude").mkdir(parents=True)
        with urllib.request.urlopen(f"{person.url}/code-card.pyz", timeout=30) as answer:  # noqa: S310
            client.write_bytes(answer.read())
        command = [sys.executable, str(client), "connect", "--server", person.url, "--yes", "--no-browser"]
        with subprocess.Popen(command, env={"HOME": str(home)}, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout
            told = next(line for line in running.stdout if "/device/" in line).strip()
            person.go(told.removeprefix(person.url))
            person.press("/device/", approve="1")
            watching = re.findall(r"/start/\?\S+", running.stdout.read())[0]
        settings = json.loads((home / ".claude" / "settings.json").read_bytes())["env"]
    _sends(person.url, settings["OTEL_EXPORTER_OTLP_HEADERS"].partition("Bearer ")[2], "claude-code")
    person.waits_for(watching, "Claude Code is connected")


def _by_hand(product: Product, person: _Person) -> None:
    person.go("/start/")
    person.clicks += 1  # another tool than the first on the page
    person.go("/start/?tool=codex")
    page = person.press("/start/")
    person.copy_and_paste()
    [key, *_] = re.findall(r"cci_[0-9A-Za-z]{43}", page)
    watching = re.findall(r'hx-get="([^"]+)"', page)[0].replace("&amp;", "&")
    _sends(person.url, key, "codex")
    person.waits_for(watching, "Codex is connected")


def _sends(url: str, key: str, tool: str) -> None:
    """What the tool does once it is asked something."""
    event = {"kind": "response", "id": f"first of {tool}", "at": datetime.now(UTC).isoformat(), "tool": tool}
    body = json.dumps({**event, "input_tokens": 7}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/api/v1/events", body, headers)  # noqa: S310 - loopback
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310
