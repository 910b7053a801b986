"""Task types where numbers are read: of suggestions by the numbers that their sums are kept under, and how far a change
of the rules has come."""

from collections.abc import Callable
from typing import NamedTuple

from django.db.models import Count, Q

from events.models import Chore, Dimension, DimensionKind, PullRequest
from events.task_types import LANGUAGES, TaskType, task_type_of_suggestion
from teams.models import Organization

CHORE = "task_types"


def suggestion_types(organization: Organization) -> Callable[[int, int], TaskType | None]:
    """Of a row that was grouped by (path class, language id): its task type, None for no path. One query, at once."""
    rows = Dimension.objects.filter(organization=organization, kind=DimensionKind.LANGUAGE, value__in=LANGUAGES)
    languages = dict(rows.values_list("id", "value"))
    return lambda path_class, language_id: task_type_of_suggestion(path_class, languages.get(language_id))


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
