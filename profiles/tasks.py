"""What runs in the background for profiles. Each task is one call, and safe to run twice."""

from celery import shared_task
from django.utils import timezone

from profiles import exporting, keeping
from profiles.figures import OF_YEAR, sections_for
from profiles.judging import judge_badges
from profiles.models import Audience, Profile, Section


@shared_task(acks_late=True)
def judge_badges_of(*, user_id: int) -> None:
    judge_badges(user_id=user_id, now=timezone.now())


@shared_task(acks_late=True)
def judge_all_badges() -> None:
    """Everybody who has a profile, each a task of their own."""
    for user_id in Profile.objects.order_by("user_id").values_list("user_id", flat=True).iterator():
        judge_badges_of.delay(user_id=user_id)


@shared_task(acks_late=True)
def put_together_anew(*, profile_id: int, year: int | None = None) -> None:
    """What everybody sees of a published profile, lately or of a year."""
    found = Profile.objects.select_related("user").filter(id=profile_id, is_published=True).first()
    if found:
        seen = sections_for(found, Audience.PUBLIC) & (OF_YEAR if year else set(Section))
        keeping.put_together(found, seen, year, keeping.key_of(found, seen, year))


@shared_task(acks_late=True)
def prepare_export(*, export_id: int) -> None:
    exporting.prepare_export(export_id=export_id, now=timezone.now())


@shared_task(acks_late=True)
def forget_old_exports() -> None:
    exporting.forget_old_exports(now=timezone.now())
