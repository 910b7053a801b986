"""`manage.py rebuild_rollups`: makes the sums anew from the events."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandError

from events.ledger.keeping import kept_from
from events.ledger.rebuild import days_to_rebuild, rebuild
from teams.models import Organization

_WIDTH = 30
_REMEMBERED_SECONDS = 7 * 24 * 3600


class Command(BaseCommand):
    help = (
        "Computes the daily roll-ups and the sessions' counters anew from the stored events. Ingestion goes on "
        "meanwhile. Stopped in the middle, it goes on where it was when it is started again with the same options."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="Only this organization.")
        parser.add_argument("--from", dest="first", type=date.fromisoformat, metavar="DAY", help="First day.")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, metavar="DAY", help="Last day.")
        parser.add_argument("--restart", action="store_true", help="Don't go on where a stopped run was.")

    def handle(self, *args: Any, **options: Any) -> None:
        organizations = Organization.objects.order_by("pk")
        if options["organization"]:
            organizations = organizations.filter(slug=options["organization"])
            if not organizations:
                raise CommandError(f"There is no organization {options['organization']!r}.")
        for organization in organizations:
            self._rebuild(organization, options["first"], options["last"], options["restart"])

    def _rebuild(self, organization: Organization, first: date | None, last: date | None, restart: bool) -> None:
        # Before this day events were deleted by age, and the sums are all there is.
        complete = [day for day in (first, kept_from(organization)) if day]
        days = days_to_rebuild(organization.pk, max(complete, default=None), last)
        memory = f"rebuild:{organization.pk}:{first}:{last}"
        done = None if restart else cache.get(memory)
        left = [day for day in days if done is None or day > date.fromisoformat(done)]
        for count, day in enumerate(rebuild(organization.pk, left), start=len(days) - len(left) + 1):
            cache.set(memory, day.isoformat(), _REMEMBERED_SECONDS)
            self._show(organization.slug, count, len(days))
        cache.delete(memory)
        self.stdout.write(
            f"{organization.slug}: {len(left)} days rebuilt"
            + (f", {len(days) - len(left)} done before" if done else "")
        )

    def _show(self, name: str, count: int, total: int) -> None:
        if self.stderr.isatty():
            filled = _WIDTH * count // total
            end = "\n" if count == total else ""
            bar = f"\r{name} [{'#' * filled}{'.' * (_WIDTH - filled)}] {count}/{total} days"
            self.stderr.write(bar, style_func=str, ending=end)  # not in the red of errors
