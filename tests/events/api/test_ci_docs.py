"""The lines of docs/ci.md run as they stand, against a server, and so do the steps of GitHub Actions."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from codecard.lib.tenant import tenant
from events.models import JUnitUpload, QualityUpload
from teams.models import Organization
from tests.events.sources.test_ci_junit import PYTEST
from tests.factories import make_key
from tests.pull_requests import make_pull_request, make_repository

pytestmark = pytest.mark.django_db(transaction=True)
DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "ci.md").read_text()
LINES = re.findall(r"```shell\n(.*?)```", DOCUMENT, re.DOTALL)
STEPS = [yaml.safe_load(step)[0] for step in re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)]
RADON = '{"cart.py": [{"type": "function", "lineno": 1, "endline": 2, "complexity": 1}]}'


@pytest.fixture
def environment(acme: Organization, live_server: Any, tmp_path: Path) -> dict[str, str]:
    """Of a checkout with one commit, which is the head of a pull request."""
    (tmp_path / "junit.xml").write_text(PYTEST)
    (tmp_path / "cart.py").write_text("import os\n")
    (tmp_path / "pipx").write_text(f"#!/bin/sh\necho '{RADON}'\n")
    (tmp_path / "pipx").chmod(0o755)
    by = ("-c", "user.name=Alice", "-c", "user.email=alice@acme.test")
    for command in (["init", "-q"], ["add", "cart.py"], [*by, "commit", "-qm", "One"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True, timeout=60)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=tmp_path, capture_output=True, text=True, check=True)
    sha = head.stdout.strip()
    with tenant(acme.id):
        make_pull_request(make_repository(acme, "acme/shop"), 7, head_sha=sha)
    path = f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {
        **os.environ, "PATH": path, "CODE_CARD": str(live_server), "INGEST_KEY": make_key(acme).secret, "COMMIT": sha,
        "PULL": "7", "GITHUB_REPOSITORY": "acme/shop", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "unit",
        "GITHUB_WORKSPACE": str(tmp_path), "PWD": str(tmp_path),
    }  # fmt: skip


def _run(code: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-ec", code], env=environment, cwd=environment["PWD"], capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_lines_report_tests_and_violations(environment: dict[str, str], acme: Organization) -> None:
    junit, quality = (re.sub(r"^export .*\n", "", line, flags=re.MULTILINE) for line in LINES)
    assert '"passed": 2, "failed": 2' in _run(junit, environment)
    assert '"violations": 1' in _run(quality, environment)
    with tenant(acme.id):
        assert JUnitUpload.objects.get().sha == environment["COMMIT"]
        assert QualityUpload.objects.get().files == {"cart.py": {"v": [1]}}


def test_the_steps_report_tests_and_complexity(environment: dict[str, str], acme: Organization) -> None:
    for step in STEPS:
        given = {name for name in step["env"] if name != "CODE_CARD"}
        assert given <= environment.keys()
        # What GitHub itself would put in place.
        code = re.sub(r"\$\{\{ hashFiles\(.*?\) \}\}", "0123abcd", step["run"])
        assert "${{" not in code
        assert '"pull_requests": 1' in _run(code, environment)
    with tenant(acme.id):
        tests, quality = JUnitUpload.objects.get(), QualityUpload.objects.get()
        assert (tests.pull_number, tests.attempt, tests.job) == (7, 1, "unit")
        assert (quality.tool, len(quality.ruleset), quality.files) == ("radon", 32, {"cart.py": {"f": [[1, 2, 1]]}})
