"""Incidents as a team's own system tells them: when, where, and what fixed or caused it. None of their words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from codecard.lib.tenant import tenant
from events.models import Incident, Repository
from events.pulls import defects
from events.queries.repositories import repository_named


@dataclass(frozen=True, slots=True)
class Told:
    """One incident. `repository`: host/owner/name, or owner/name; `cause`: a SHA or the number of a pull request."""

    external_id: str
    opened_at: datetime
    repository: str
    url: str = ""
    fix_number: int | None = None
    cause_sha: str = ""
    cause_number: int | None = None


class UnknownRepositoryError(ValueError):
    """`index`: place of the incident, from 0. Whether another organization has such a one, nobody learns."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


def tell_incidents(*, organization_id: int, incidents: Sequence[Told], now: datetime) -> int:
    """Stores all or none, under their own ids: telling one again changes it, and nothing if it is the same. How many
    are new.

    :raises UnknownRepositoryError: one names a repository that the organization hasn't connected.
    """
    with tenant(organization_id):
        named = [(told, _repository(organization_id, told.repository, index)) for index, told in enumerate(incidents)]
        _lock(organization_id, named)
        return sum(_tell(told, repository, now) for told, repository in sorted(named, key=lambda one: one[1].id))


def _lock(organization_id: int, named: Sequence[tuple[Told, Repository]]) -> None:
    """In the order of repositories, those among them from which an incident moves away."""
    known = Incident.objects.filter(
        organization_id=organization_id, external_id__in={told.external_id for told, _ in named}
    ).select_related("repository")
    repositories = {one.id: one for one in [*(row.repository for row in known), *(one for _, one in named)]}
    for _, one in sorted(repositories.items()):
        defects.lock(one)


def _repository(organization_id: int, name: str, index: int) -> Repository:
    found = repository_named(organization_id, name)
    if found is None:
        raise UnknownRepositoryError(index)
    return found


def _tell(told: Told, repository: Repository, now: datetime) -> bool:
    known = Incident.objects.select_for_update(no_key=True).filter(
        organization_id=repository.organization_id, external_id=told.external_id
    )
    before = known.select_related("repository").first()
    values: dict[str, Any] = {
        "url": told.url, "opened_at": told.opened_at, "repository": repository, "fix_number": told.fix_number,
        "cause_sha": told.cause_sha.lower(), "cause_number": told.cause_number,
    }  # fmt: skip
    if before and all(getattr(before, name) == value for name, value in values.items()):
        return False
    Incident.objects.update_or_create(
        organization_id=repository.organization_id, external_id=told.external_id,
        defaults=values, create_defaults={**values, "received_at": now},
    )  # fmt: skip
    if before and before.repository != repository:
        defects.judge_incident(before.repository, told.external_id, now=now)
    defects.judge_incident(repository, told.external_id, now=now)
    return before is None
