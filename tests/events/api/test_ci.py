"""`POST /api/v1/ci/junit` and `/api/v1/ci/quality`: what is kept, once, and of whose repositories."""

import gzip
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import LazySettings
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from codecard.lib.tenant import tenant
from events.api.schema import ci as documented
from events.models import Chore, JUnitUpload, PullRequest, QualityUpload
from teams.models import Organization
from tests.events.api.sending import post
from tests.events.pulls.work import left
from tests.events.sources.test_ci_junit import PYTEST, REFUSED
from tests.events.sources.test_ci_quality import RADON, ROOT, RUFF, SARIF
from tests.factories import make_key
from tests.pull_requests import make_commit, make_pull_request, make_repository, sha_of

pytestmark = pytest.mark.django_db
SHA = sha_of("head 7")
RUN = {
    "repository": "acme/shop", "commit": SHA, "branch": "feature/7", "pull_request": "7", "attempt": "1", "job": "unit",
}  # fmt: skip


@pytest.fixture
def pull(acme: Organization) -> PullRequest:
    with tenant(acme.id):
        made = make_pull_request(make_repository(acme, "acme/shop"), 7, head_sha=SHA)
        make_commit(made, SHA)
        return made


@pytest.fixture
def key(acme: Organization) -> str:
    return make_key(acme).secret


def send(kind: str, body: Any, key: str, *, slash: str = "", **asked: Any) -> Any:
    query = urlencode({name: value for name, value in {**RUN, **asked}.items() if value != ""})
    raw = body.encode() if isinstance(body, str) else body
    content_type = "application/xml" if kind == "junit" else "application/json"
    return post(f"/api/v1/ci/{kind}{slash}?{query}", raw, key, content_type)


def test_tests_are_kept_as_counts_and_their_pull_request_is_judged(
    pull: PullRequest, key: str, acme: Organization
) -> None:
    answer = send("junit", PYTEST, key)
    assert (answer.status_code, answer.json()) == (200, {
        "repository": "acme/shop", "commit": SHA, "pull_requests": 1, "passed": 2, "failed": 2, "skipped": 1,
        "seconds": 0.234, "is_duplicate": False, "dry_run": False,
    })  # fmt: skip
    assert left(acme.id, "tests") == [pull.id]
    with tenant(acme.id):
        row = JUnitUpload.objects.get()
        assert (row.repository_id, row.sha, row.branch, row.pull_number) == (pull.repository_id, SHA, "feature/7", 7)
        assert (row.attempt, row.job, row.passed, row.failed, row.skipped) == (1, "unit", 2, 2, 1)


def test_the_same_report_is_one_row_and_another_run_is_another(pull: PullRequest, key: str, acme: Organization) -> None:
    send("junit", PYTEST, key)
    left(acme.id, "tests")
    for slash in ("", "/"):
        assert send("junit", PYTEST, key, slash=slash).json()["is_duplicate"]
    with tenant(acme.id):
        assert not Chore.objects.filter(kind="tests").exists()
        assert JUnitUpload.objects.count() == 1
    for asked in ({"attempt": "2"}, {"job": "e2e"}, {"commit": sha_of("other")}):
        assert not send("junit", PYTEST, key, **asked).json()["is_duplicate"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [({}, 1), ({"pull_request": ""}, 1), ({"commit": sha_of("merge 7"), "pull_request": ""}, 1),
     ({"commit": sha_of("x")}, 1), ({"commit": sha_of("x"), "pull_request": ""}, 0)],
)  # fmt: skip
def test_a_report_is_of_the_pull_request_by_head_merge_or_number(
    pull: PullRequest, key: str, asked: dict[str, str], found: int
) -> None:
    for kind, body in (("junit", PYTEST), ("quality", RADON)):
        assert send(kind, body, key, **asked).json()["pull_requests"] == found


def test_quality_is_kept_by_file_and_tool_without_a_word_of_it(pull: PullRequest, key: str, acme: Organization) -> None:
    answer = send("quality", RUFF, key, root=ROOT, ruleset="abc", version="0.14.1").json()
    assert answer["reports"] == [{
        "tool": "ruff", "kind": "style", "files": 2, "files_outside": 1, "violations": 3, "functions": 0,
        "is_duplicate": False,
    }]  # fmt: skip
    assert [one["tool"] for one in send("quality", SARIF, key, root=ROOT).json()["reports"]] == ["eslint", "codeql"]
    send("quality", RADON, key)
    for again, asked in ((RUFF, {"root": ROOT, "ruleset": "abc"}), (SARIF, {"root": ROOT})):
        assert all(one["is_duplicate"] for one in send("quality", again, key, **asked).json()["reports"])
    assert send("quality", [], key, format="ruff").json()["reports"][0]["files"] == 0
    assert not send("quality", RUFF, key, root=ROOT, ruleset="d").json()["reports"][0]["is_duplicate"]
    with tenant(acme.id):
        assert QualityUpload.objects.get(tool="ruff", ruleset="").files == {}
        files = {row.tool: row.files for row in QualityUpload.objects.exclude(files={})}
        assert QualityUpload.objects.get(version="0.14.1").kind == "style"
    assert files["ruff"] == {"shop/cart.py": {"v": [1, 3]}, "broken.py": {"v": [0]}}
    assert files["radon"] == {"shop/cart.py": {"f": [[5, 9, 3], [30, 60, 12], [40, 44, 2]]}, "shop/broken.py": {}}
    assert files["eslint"]["web/c.ts"] == {"v": [0, 4]}


def test_a_dry_run_judges_and_keeps_nothing(pull: PullRequest, key: str, acme: Organization) -> None:
    for kind, body in (("junit", PYTEST), ("quality", RADON)):
        answer = send(kind, body, key, dry_run="1")
        assert (answer.status_code, answer.json()["dry_run"]) == (200, True)
    with tenant(acme.id):
        assert not JUnitUpload.objects.exists()
        assert not QualityUpload.objects.exists()
        assert not Chore.objects.exists()


def test_anothers_repository_is_as_unknown_as_one_that_nobody_has(
    pull: PullRequest, globex: Organization, acme: Organization
) -> None:
    foreign = make_key(globex).secret
    for kind, body in (("junit", PYTEST), ("quality", RADON)):
        answers = [send(kind, body, foreign, repository=name) for name in ("acme/shop", "acme/none")]
        told = [{**answer.json(), "request_id": ""} for answer in answers]
        assert (told[0]["status"], told[0]) == (400, told[1])
        assert "Connect it" in told[0]["errors"]["repository"][0]
    for organization in (acme, globex):
        with tenant(organization.id):
            assert not JUnitUpload.objects.exists()
            assert not QualityUpload.objects.exists()


def test_a_repository_that_is_not_tracked_is_refused(pull: PullRequest, key: str, acme: Organization) -> None:
    with tenant(acme.id):
        pull.repository.is_tracked = False
        pull.repository.save()
    for kind, body in (("junit", PYTEST), ("quality", RADON)):
        answer = send(kind, body, key)
        assert answer.status_code == 400
        assert "not tracked" in answer.json()["errors"]["repository"][0]


@pytest.mark.parametrize("name", ["repository", "commit", "pull_request", "attempt"])
def test_a_wrong_parameter_is_named(pull: PullRequest, key: str, name: str) -> None:
    for kind, body in (("junit", PYTEST), ("quality", RADON)):
        answer = send(kind, body, key, **{name: "?"})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [name])


def test_what_is_no_report_is_refused_whole(pull: PullRequest, key: str, acme: Organization) -> None:
    for body in REFUSED.values():
        assert send("junit", body, key).status_code == 400
    for told in (b"", b"{", b"12", b"[1]", b"[]", RUFF):
        answer = send("quality", told, key)
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    with tenant(acme.id):
        assert not JUnitUpload.objects.exists()
        assert not QualityUpload.objects.exists()


def test_bodies_are_as_large_and_as_packed_as_elsewhere(pull: PullRequest, key: str, settings: LazySettings) -> None:
    path = f"/api/v1/ci/junit?{urlencode(RUN)}"
    packed = gzip.compress(PYTEST.encode())
    assert post(path, packed, key, "text/xml", **{"Content-Encoding": "gzip"}).json()["passed"] == 2
    assert post(path, PYTEST.encode(), key, "application/x-www-form-urlencoded").json()["is_duplicate"]
    form = post(path, b"--x", key, "multipart/form-data; boundary=x")
    assert (form.status_code, "application/xml" in form.json()["detail"]) == (415, True)
    settings.INGEST_MAX_BODY_BYTES = 500
    assert post(path, packed, key, "text/xml", **{"Content-Encoding": "gzip"}).status_code == 413


def test_answers_are_as_documented(pull: PullRequest, key: str) -> None:
    for kind, body, schema, example in (
        ("junit", PYTEST, documented._JUNIT_RESULT, documented._TOLD),
        ("quality", RADON, documented._QUALITY_RESULT, documented._FOUND),
    ):
        answer = send(kind, body, key).json()
        for told in (answer, example):
            Draft202012Validator(schema).validate(told)
            assert told.keys() == answer.keys()
    assert send("junit", documented._JUNIT_EXAMPLE, key).json()["passed"] == 1
    assert send("quality", documented._RUFF_EXAMPLE, key).json()["reports"][0]["violations"] == 1
