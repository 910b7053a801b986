"""The whole way against a running server, with the very file that it serves, in a home folder made for it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from codecard.lib.tenant import tenant
from events.models import ClientCommit, Event
from teams.models import Key, Organization
from tests.events.api.serving import Server, serving

pytestmark = pytest.mark.django_db(transaction=True)
SETTINGS = b'{\n  "model": "opus"\n}\n'


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "server") as running:
        yield running


class Machine:
    """A home folder and the client that was fetched from the server."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.home, self.client = folder / "home", folder / "code-card.pyz"
        self.account = self.home / ".config" / "code-card" / "account.json"
        self.address = f"http://127.0.0.1:{server.port}"
        (self.home / ".claude").mkdir(parents=True)
        (self.home / ".claude" / "settings.json").write_bytes(SETTINGS)
        self.client.write_bytes(server.request("GET", "/code-card.pyz")[2])
        self.environment = {
            "HOME": str(self.home), "PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull,
            "http_proxy": "http://127.0.0.1:1",
        }  # fmt: skip

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(self.client), *arguments], env=self.environment, cwd=self.home, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(self, *arguments: str) -> tuple[int, str]:
        with self.start(*arguments) as running:
            said, _ = running.communicate(timeout=60)
            return_code = running.returncode
        for key in self.keys():
            assert key not in said
        return return_code, said

    def keys(self) -> list[str]:
        told = json.loads(self.account.read_bytes()) if self.account.exists() else {}
        return [value for value in told.values() if value.startswith("cc")]

    def moves_to(self, address: str) -> None:
        told = json.loads(self.account.read_bytes())
        self.account.write_text(json.dumps({**told, "server": address}))


@pytest.fixture
def machine(server: Server, tmp_path: Path) -> Machine:
    return Machine(tmp_path, server)


def _connect(machine: Machine, person: Client) -> str:
    """Starts it, and says yes on the page whose address it shows."""
    with machine.start("connect", "--server", machine.address, "--yes", "--no-browser") as running:
        assert running.stdout is not None
        said = ""
        while "Waiting" not in said:
            line = running.stdout.readline()
            assert line, said
            said += line
        [code] = re.findall(rf"{machine.address}/device/\?code=([A-Z-]+)", said)
        assert "is connected" in person.post("/device/", {"code": code, "approve": "1"}).text
        said += running.stdout.read()
    assert running.returncode == 0, said
    return said


def _events(folder: Path, name: str, count: int) -> str:
    at = (timezone.now() - timedelta(minutes=1)).isoformat()
    common = {"kind": "response", "at": at, "tool": "claude-code", "session": "s", "repository": "acme/shop"}
    items: list[dict[str, Any]] = [{**common, "id": f"{name}{i}", "input_tokens": 5} for i in range(count)]
    path = folder / f"{name}.json"
    path.write_text(json.dumps(items))
    return str(path)


def _stored(organization: Organization) -> int:
    with tenant(organization.id):
        return Event.objects.filter(organization_id=organization.id).count()


def test_from_nothing_to_events_offline_and_back(
    machine: Machine, acme: Organization, bob_client: Client, tmp_path: Path
) -> None:
    assert "not signed in" in machine.run("status")[1]
    said = _connect(machine, bob_client)
    assert "Claude Code is connected" in said
    [watching] = re.findall(r"/start/\?organization=acme&tool=claude-code&key=\d+", said)
    assert "Waiting for the first event" in bob_client.get(watching).text
    assert len(machine.keys()) == 2
    settings = json.loads((machine.home / ".claude" / "settings.json").read_bytes())
    assert settings["env"]["OTEL_EXPORTER_OTLP_ENDPOINT"] == f"{machine.address}/otlp"
    with tenant(acme.id):
        assert Key.objects.filter(organization=acme, name__startswith="code-card on").count() == 2

    assert machine.run("send", _events(tmp_path, "a", 2)) == (0, "accepted 2, duplicates 0, superseded 0\n")
    bad = tmp_path / "bad.json"
    bad.write_text('[{"kind": "prompt"}]')
    assert machine.run("send", str(bad))[0] == 1

    machine.moves_to("http://127.0.0.1:1")
    status, said = machine.run("send", _events(tmp_path, "b", 3))
    assert (status, "It waits" in said) == (0, True)
    assert "1 waiting" in machine.run("status")[1]
    assert _stored(acme) == 2
    machine.moves_to(machine.address)
    status, said = machine.run("status")
    assert _stored(acme) == 5
    assert "Claude Code: 5 events, 1 sessions, 25 tokens in the last day" in said
    assert "→ No cost" in said
    assert "waiting" not in said

    assert machine.run("connect", "--undo")[0] == 0
    assert (machine.home / ".claude" / "settings.json").read_bytes() == SETTINGS
    assert "not connected" in machine.run("status")[1]


def test_a_commit_of_what_claude_wrote_arrives_by_itself(
    machine: Machine, acme: Organization, bob_client: Client, tmp_path: Path
) -> None:
    _connect(machine, bob_client)
    clone = tmp_path / "clone"

    def git(*arguments: str) -> None:
        done = ["git", "-c", "user.name=Me", "-c", "user.email=me@example.com", *arguments]
        subprocess.run(done, cwd=clone, check=True, env=machine.environment, capture_output=True)

    clone.mkdir()
    git("init", "-q")
    git("remote", "add", "origin", "git@github.com:acme/shop.git")
    assert machine.run("hook", "install", "--repo", str(clone))[0] == 0
    (clone / "a.py").write_text("one\ntwo\n")
    [item] = json.loads((machine.home / ".claude" / "settings.json").read_bytes())["hooks"]["PostToolUse"]
    payload = {
        "session_id": "s", "cwd": str(clone), "tool_use_id": "t", "tool_name": "Write",
        "tool_input": {"file_path": "a.py", "content": "one\ntwo\n"},
    }  # fmt: skip
    told = ["sh", "-c", item["hooks"][0]["command"]]
    subprocess.run(told, input=json.dumps(payload).encode(), check=True, env=machine.environment)
    git("add", "a.py")
    git("commit", "-qm", "x")
    machine.run("send")  # whichever of the two comes first
    with tenant(acme.id):
        edit = Event.objects.get(organization_id=acme.id)
        commit = ClientCommit.objects.get(organization_id=acme.id)
    assert edit.detail
    assert edit.detail["distance"] == 0
    assert len(commit.patch_id) == 40
