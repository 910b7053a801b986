"""`manage.py backfill`: asks GitHub for the past of repositories, here and now, with progress."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from codecard.lib.tenant import tenant
from events.actions.backfills import NothingToAskError, restart_backfill, start_backfill
from events.models import Backfill, Repository, Stage
from events.pulls import backfilling
from events.tasks import ask_to_judge
from teams.models import Organization

SECONDS_BETWEEN_LINES = 5


class Command(BaseCommand):
    help = "Asks GitHub for the past of repositories, with progress. Goes on where it was stopped; safe to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", help="Only of this one, by its address (slug).")
        parser.add_argument("--repository", help="Only this one: owner/name.")
        parser.add_argument("--restart", action="store_true", help="From the beginning; nothing is deleted.")
        parser.add_argument("--days", type=int, help="How far back, instead of BACKFILL_DAYS. 0 is everything.")

    def handle(self, *args: Any, **options: Any) -> None:
        begun = 0
        for organization, ids in self._chosen(options["organization"], options["repository"]):
            begun += self._backfill(organization, ids, is_anew=options["restart"], days=options["days"])
        if not begun:
            raise CommandError("There is no repository that GitHub can be asked for.")

    def _chosen(self, slug: str | None, name: str | None) -> Iterator[tuple[Organization, list[int]]]:
        organizations = Organization.objects.order_by("id")
        if slug:
            organizations = organizations.filter(slug=slug)
        for organization in organizations:
            with tenant(organization.id):
                rows = Repository.objects.filter(organization=organization, is_tracked=True)
                ids = list((rows.filter(full_name__iexact=name) if name else rows).values_list("id", flat=True))
            if ids:
                yield organization, ids

    def _backfill(self, organization: Organization, ids: list[int], *, is_anew: bool, days: int | None) -> bool:
        now = timezone.now()
        since = None if days is None else now - timedelta(days=days or 36_500)
        begin = restart_backfill if is_anew else start_backfill
        try:
            rows = begin(organization=organization, repository_ids=ids, by=None, now=now, since=since)
        except NothingToAskError:
            return False
        chosen = [row.id for row in rows]
        is_left = True
        while is_left:
            is_left = backfilling.work(
                organization.id, clock=timezone.now, seconds=SECONDS_BETWEEN_LINES, repository_ids=chosen
            )
            self._tell(organization, chosen)
        ask_to_judge(organization.id)
        return True

    def _tell(self, organization: Organization, ids: list[int]) -> None:
        with tenant(organization.id):
            rows = Backfill.objects.filter(organization=organization, repository_id__in=ids)
            for row in rows.select_related("repository").order_by("repository_id", "id"):
                if row.started_at or row.error:
                    self.stdout.write(_line(row))


def _line(row: Backfill) -> str:
    how_far = f"{row.done} of {row.total}" if row.total is not None else f"{row.done}"
    cost = f"{row.calls} calls, {row.points} points"
    wait = f" until {row.resume_at:%H:%M:%S}" if row.resume_at and not row.finished_at else ""
    end = "done" if row.finished_at and not row.error else row.error or (f"waits{wait}" if wait else "")
    return f"{row.repository.full_name}: {Stage(row.stage).label.lower()}: {how_far} ({cost}) {end}".rstrip()
