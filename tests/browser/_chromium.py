"""A real browser, driven by the Chrome DevTools protocol over a pipe: standard library only, no port, no driver."""

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from select import select
from types import TracebackType
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TIMEOUT_SECONDS = 30.0
_FLAGS = (
    "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    "--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update",
    "--disable-default-apps", "--disable-extensions", "--disable-sync", "--metrics-recording-only", "--mute-audio",
    "--hide-scrollbars", "--font-render-hinting=none", "--force-color-profile=srgb",
)  # fmt: skip


def executable() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


class BrowserError(Exception):
    """The browser refused a command, or didn't answer in time."""


class Chromium:
    """One browser process with a profile of its own, gone with the `with` block."""

    def __init__(self, profile: Path) -> None:
        program = executable()
        assert program, "Chromium is not installed"
        child_in, self._out = os.pipe()
        self._in, child_out = os.pipe()
        # Chromium reads commands from descriptor 3 and writes answers to 4.
        command = f'exec "$0" "$@" 3<&{child_in} 4>&{child_out}'
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", command, program, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(child_in, child_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(child_in)
        os.close(child_out)
        self._number, self._rest = 0, b""
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> "Chromium":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(BrowserError, OSError):
            self.call("Browser.close")
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._out)
        os.close(self._in)

    def call(self, method: str, session: str = "", /, **parameters: Any) -> dict[str, Any]:
        """:raises BrowserError: what the browser says is wrong."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            answer = self._receive(deadline)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def listen(self, seconds: float) -> None:
        """Takes in what happens meanwhile."""
        with suppress(BrowserError):
            deadline = time.monotonic() + seconds
            while True:
                self.events.append(self._receive(deadline))

    def _receive(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select([self._in], [], [], max(0.0, deadline - time.monotonic()))
            chunk = os.read(self._in, 1 << 20) if ready else b""
            if not chunk:
                raise BrowserError("the browser does not answer")
            self._rest += chunk
        raw, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        return message

    def page(self, *, width: int = 1440, height: int = 900, dark: bool = False) -> "Page":
        return Page(self, width, height, dark)


class Page:
    """One tab with cookies of its own."""

    def __init__(self, browser: Chromium, width: int, height: int, dark: bool) -> None:
        self._browser = browser
        context = browser.call("Target.createBrowserContext")["browserContextId"]
        target = browser.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        self._session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.look(width=width, height=height, dark=dark)

    def look(self, *, width: int = 1440, height: int = 900, dark: bool = False) -> None:
        """Through a window of another size, or in another theme; the page that is open follows."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        scheme = "dark" if dark else "light"
        self.call(
            "Emulation.setEmulatedMedia",
            features=[
                {"name": "prefers-color-scheme", "value": scheme},
                {"name": "prefers-reduced-motion", "value": "reduce"},
            ],
        )

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **parameters)

    def set_cookie(self, url: str, name: str, value: str) -> None:
        self.call("Network.setCookie", url=url, name=name, value=value)

    def open(self, url: str) -> None:
        """Returns when the page has loaded, its scripts included."""
        self._forget("Page.loadEventFired")
        self.call("Page.navigate", url=url)
        self.wait_for(lambda: any(event["method"] == "Page.loadEventFired" for event in self._own_events()), url)
        self.evaluate("document.fonts.ready.then(() => true)")

    def evaluate(self, script: str) -> Any:
        """The value of an expression, awaited where it is a promise."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise BrowserError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def wait_for(self, is_there: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not is_there():
            if time.monotonic() > deadline:
                raise BrowserError(f"waited in vain for {what}")
            self._browser.listen(0.05)

    def wait_for_text(self, text: str) -> None:
        self.wait_for(lambda: text in self.evaluate("document.body?.innerText ?? ''"), repr(text))

    def click(self, selector: str) -> None:
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def screenshot(self, path: Path) -> None:
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        path.write_bytes(base64.b64decode(shot["data"]))

    @property
    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def complaints(self) -> list[str]:
        """What the console says: errors, warnings, and what the Content-Security-Policy blocked. Empties it."""
        self._browser.listen(0.1)
        found = [_complaint(event) for event in self._own_events()]
        self._forget("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
        return [complaint for complaint in found if complaint]

    def _own_events(self) -> list[dict[str, Any]]:
        return [event for event in self._browser.events if event.get("sessionId") == self._session]

    def _forget(self, *methods: str) -> None:
        self._browser.events = [event for event in self._browser.events if event.get("method") not in methods]


def _complaint(event: dict[str, Any]) -> str:
    given = event["params"]
    match event["method"]:
        case "Log.entryAdded":
            entry = given["entry"]
            return f"{entry['level']}: {entry['text']} {entry.get('url', '')}"
        case "Runtime.consoleAPICalled" if given["type"] in {"error", "warning", "assert"}:
            return f"{given['type']}: {[one.get('value', one.get('description')) for one in given['args']]}"
        case "Runtime.exceptionThrown":
            return f"exception: {given['exceptionDetails'].get('text')} {given['exceptionDetails'].get('url', '')}"
    return ""
