"""Two who look like one person and are not: somebody says so, and nobody is asked again."""

from datetime import datetime

from codecard.lib.tenant import tenant
from teams import audit
from teams.models import Contributor, DifferentPeople, Organization, User


class GoneError(ValueError):
    """One of the two was merged into somebody meanwhile."""


def tell_apart(
    *, organization: Organization, one: Contributor, other: Contributor, by: User | None, now: datetime
) -> bool:
    """Says that these are two people. False if that was said already.

    :raises GoneError: one is gone, or they are the same.
    """
    with tenant(organization.id):
        ids = sorted({one.id, other.id})
        # Locked, so that neither goes before the row that names both is there.
        people = list(
            Contributor.objects.filter(organization=organization, id__in=ids).order_by("id").select_for_update()
        )
        if len(people) < 2:
            raise GoneError("One of the two was merged into somebody meanwhile. Nothing was changed.")
        _, is_new = DifferentPeople.objects.get_or_create(
            organization=organization, one=people[0], other=people[1], defaults={"at": now}
        )
        if is_new:
            audit.record(
                organization, "contributors.told_apart", people[0], by=by, now=now, other=_named(people[1]),
                before=False, after=True,
            )  # fmt: skip
    return is_new


def suggest_again(
    *, organization: Organization, one: Contributor, other: Contributor, by: User | None, now: datetime
) -> bool:
    """Takes back that these are two people, so that they may be suggested again. False if nobody said so any more."""
    with tenant(organization.id):
        first, second = sorted((one, other), key=lambda person: person.id)
        gone, _ = DifferentPeople.objects.filter(organization=organization, one=first, other=second).delete()
        if gone:
            audit.record(
                organization, "contributors.told_apart", first, by=by, now=now, other=_named(second),
                before=True, after=False,
            )  # fmt: skip
    return bool(gone)


def _named(person: Contributor) -> dict[str, int | str]:
    return {"id": person.id, "name": person.display_name}
