"""What a run of CI reports of a commit: kept once by its content, and left to be judged."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from codecard.lib.tenant import tenant
from events.models import JUnitUpload, PullRequest, QualityUpload, Repository
from events.pulls import chores, quality, tested
from events.pulls.chores import ChoreKind
from events.queries.repositories import repository_named
from events.sources._ci_junit import Counts
from events.sources._ci_place import Place
from events.sources._ci_quality import File, Report


class RefusedRepositoryError(ValueError):
    """The text says why, and what to do. Whether another organization has such a one, nobody learns."""


class Kept(NamedTuple):
    """`new`: of each report, whether it was not known yet. `pull_requests`: how many the commit is known to be of."""

    repository: str
    new: list[bool]
    pull_requests: int


def keep_junit(
    *, organization_id: int, place: Place, counts: Counts, body: bytes, now: datetime, is_dry: bool = False
) -> Kept:
    """:raises RefusedRepositoryError:"""
    values = {"passed": counts.passed, "failed": counts.failed + counts.errors, "skipped": counts.skipped,
              "seconds": counts.seconds}  # fmt: skip
    with tenant(organization_id):
        repository = _repository(organization_id, place.repository)
        pulls = _concerned(repository, place)
        keys = _keys(repository, place, body)
        if is_dry:
            return Kept(repository.full_name, [not JUnitUpload.objects.filter(**keys).exists()], len(pulls))
        new = JUnitUpload.objects.get_or_create(**keys, defaults={**_told(place, now), **values})[1]
        if new:
            chores.leave(organization_id, ChoreKind.TESTS, pulls, not_before=now)
        return Kept(repository.full_name, [new], len(pulls))


def keep_quality(
    *, organization_id: int, place: Place, reports: Sequence[Report], body: bytes, now: datetime, is_dry: bool = False
) -> Kept:
    """A row for each tool. :raises RefusedRepositoryError:"""
    with tenant(organization_id):
        repository = _repository(organization_id, place.repository)
        pulls = _concerned(repository, place)
        new = [_keep_report(repository, place, report, body, now, is_dry) for report in reports]
        if any(new) and not is_dry:
            quality.leave_for(organization_id, repository.id, place.sha, pulls, now=now)
        return Kept(repository.full_name, new, len(pulls))


def _keep_report(
    repository: Repository, place: Place, report: Report, body: bytes, now: datetime, is_dry: bool
) -> bool:
    keys = {**_keys(repository, place, body), "tool": report.tool, "ruleset": place.ruleset}
    if is_dry:
        return not QualityUpload.objects.filter(**keys).exists()
    values = {
        "kind": report.kind, "version": report.version or place.version,
        "files": {path: _packed(file) for path, file in sorted(report.files.items())},
    }  # fmt: skip
    return QualityUpload.objects.get_or_create(**keys, defaults={**_told(place, now), **values})[1]


def _packed(file: File) -> dict[str, Any]:
    """As `QualityUpload.files` says; what is empty is left out."""
    functions = [[one.start, one.end, one.complexity] for one in file.functions]
    told = {"v": sorted(file.violations), "f": sorted(functions)}
    return {name: values for name, values in told.items() if values}


def _keys(repository: Repository, place: Place, body: bytes) -> dict[str, Any]:
    return {
        "organization_id": repository.organization_id, "repository": repository, "sha": place.sha, "job": place.job,
        "attempt": place.attempt or 0, "content": sha256(body).hexdigest()[:32],
    }  # fmt: skip


def _told(place: Place, now: datetime) -> dict[str, Any]:
    return {"branch": place.branch, "pull_number": place.pull_number, "received_at": now}


def _repository(organization_id: int, name: str) -> Repository:
    found = repository_named(organization_id, name)
    if found is None:
        raise RefusedRepositoryError("No connected repository has this name. Connect it, or check the spelling.")
    if not found.is_tracked:
        raise RefusedRepositoryError("This repository is not tracked. Choose it in the settings of GitHub.")
    return found


def _concerned(repository: Repository, place: Place) -> set[int]:
    """The pull requests that the commit is of, or that the sender names."""
    organization_id = repository.organization_id
    pulls = PullRequest.objects.filter(organization=organization_id, repository=repository)
    found = tested.holding(organization_id, repository.id, [place.sha])
    if place.pull_number:
        found |= set(pulls.filter(number=place.pull_number).values_list("id", flat=True))
    return found | set(pulls.filter(merge_sha=place.sha).values_list("id", flat=True))
