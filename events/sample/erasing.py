"""Removing the sample, with its people: the same erasing as of any organization, without a time of grace."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from codecard.lib.tenant import by_user, tenant
from events.erasing import close, erase_rows
from events.sample.state import change, find_state, state_of
from events.simulation.people import DOMAIN
from teams.models import Contributor, Membership, Organization, User


@transaction.atomic
def retire(*, organization: Organization, by: User | None, now: datetime) -> None:
    """Nobody can open it or send to it any more, and its name is free for another; the rows are `erase`d later.

    :raises ValueError: for an organization that is no sample.
    """
    if state_of(organization) is None:
        raise ValueError("only a sample can be removed like this")
    with tenant(organization.id):
        close(organization, action="sample.removed", by=by, now=now)
    change(organization.id, is_retired=True)
    Organization.objects.filter(id=organization.id).update(slug=f"removed-sample-{organization.id}", former_slugs=[])


def is_invented(user: User) -> bool:
    """Whether the user is one of the sample's people, who go with it."""
    return user.email.endswith(f"@{DOMAIN}")


def erase(*, organization_id: int, tell: Callable[[str], None] = lambda _: None) -> None:
    """Deletes every row of a retired sample, in batches that each commit; safe to repeat and to kill."""
    state = find_state(organization_id)
    if state is not None and state.is_retired:
        erase_rows(organization_id, tell=tell, and_then=_erase_people)


def _erase_people(user_ids: list[int]) -> None:
    for user in User.objects.filter(id__in=user_ids):
        if is_invented(user) and not _is_somebody_elsewhere(user):
            user.delete()


def _is_somebody_elsewhere(user: User) -> bool:
    """An invented person may have signed in, and been made a member of another organization."""
    with by_user(user.id):
        rows = (Membership.objects.filter(user=user), Contributor.objects.filter(user=user))
        return any(query.exists() for query in rows)
