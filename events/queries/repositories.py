"""Repositories by the names that senders give them."""

from typing import Any

from django.db.models import Q

from events.models import Dimension, DimensionKind, Repository, RepositoryName, RepositoryState


def repository_named(organization_id: int, name: str) -> Repository | None:
    """By any name that it has had: host/owner/name, or owner/name. Inside the tenant."""
    ids = RepositoryName.objects.filter(
        organization_id=organization_id, dimension_id__in=_dimensions(organization_id, name)
    ).values("repository_id")
    rows = Repository.objects.filter(organization_id=organization_id)
    found = list(rows.filter(Q(id__in=ids) | Q(full_name__iexact=name)))
    # Of two that have had the name, the one that has it.
    return min(found, key=lambda one: (one.state == RepositoryState.VANISHED, one.id), default=None)


def _dimensions(organization_id: int, name: str) -> Any:
    return Dimension.objects.filter(
        organization_id=organization_id, kind=DimensionKind.REPOSITORY, value=name.lower()
    ).values("id")
