"""How far a change of an organization's rules of task types has come."""

from typing import NamedTuple

from django.db.models import Count, Q

from events.models import Chore, PullRequest
from teams.models import Organization

CHORE = "task_types"


class Progress(NamedTuple):
    """`is_stuck`: it failed again and again, and waits for a person."""

    read: int
    of: int
    is_stuck: bool


def progress(organization: Organization) -> Progress | None:
    """How many pull requests were read again by the newest rules; None when all were."""
    chore = Chore.objects.filter(organization=organization, kind=CHORE).order_by("key").first()
    if chore is None:
        return None
    rows = PullRequest.objects.filter(organization=organization, files__isnull=False)
    counted = rows.aggregate(read=Count("id", filter=Q(id__lte=chore.key)), of=Count("id"))
    return Progress(counted["read"], counted["of"], chore.is_dead)
