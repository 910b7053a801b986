"""What runs in the background for profiles. Each task is one call, and safe to run twice."""

from celery import shared_task
from django.utils import timezone

from profiles import exporting
from profiles.judging import judge_badges
from profiles.models import Profile


@shared_task(acks_late=True)
def judge_badges_of(*, user_id: int) -> None:
    judge_badges(user_id=user_id, now=timezone.now())


@shared_task(acks_late=True)
def judge_all_badges() -> None:
    """Everybody who has a profile, each a task of their own."""
    for user_id in Profile.objects.order_by("user_id").values_list("user_id", flat=True).iterator():
        judge_badges_of.delay(user_id=user_id)


@shared_task(acks_late=True)
def prepare_export(*, export_id: int) -> None:
    exporting.prepare_export(export_id=export_id, now=timezone.now())


@shared_task(acks_late=True)
def forget_old_exports() -> None:
    exporting.forget_old_exports(now=timezone.now())
