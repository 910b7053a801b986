"""`manage.py sample`: the sample workspace, made, filled, looked at and removed."""

import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from events import sample
from events.sample.sending import nearest
from events.tasks import erase_sample, fill_sample
from teams.models import Organization


class Command(BaseCommand):
    help = "The sample workspace: an invented company with people, teams and half a year of invented work."

    def add_arguments(self, parser: CommandParser) -> None:
        does = parser.add_subparsers(dest="what", required=True)
        start = does.add_parser("start", help="Make it, and fill it in the background. Does nothing beside real data.")
        start.add_argument("--anyway", action="store_true", help="Make it although there are organizations already.")
        does.add_parser("fill", help="Fill it here and now, with progress; goes on where it was stopped.")
        does.add_parser("status", help="Say how far it is.")
        does.add_parser("remove", help="Delete it with everything in it.")

    def handle(self, *args: Any, **options: Any) -> None:
        match options["what"]:
            case "start":
                self._start(anyway=options["anyway"])
            case "fill":
                self._fill(self._found())
            case "status":
                self._status(sample.sample_organization())
            case "remove":
                self._remove(self._found())

    def _start(self, *, anyway: bool) -> None:
        if sample.sample_organization() is None and Organization.objects.exists() and not anyway:
            # Whoever removed it does not want it back at every start.
            return
        organization = sample.create(now=timezone.now())
        progress = sample.progress_of(organization)
        if progress and not progress.is_complete:
            fill_sample.delay(organization_id=organization.id)
            self.stdout.write(f"{organization.name} is being filled in the background; the newest weeks come first.")

    def _fill(self, organization: Organization) -> None:
        # A line of the log for each request made in this process would bury the progress.
        logging.getLogger("codecard.request").setLevel(logging.WARNING)
        with nearest() as exchange:
            while sample.fill_next_week(organization_id=organization.id, exchange=exchange):
                self._status(Organization.objects.get(id=organization.id))
        self._status(sample.sample_organization())

    def _status(self, organization: Organization | None) -> None:
        progress = organization and sample.progress_of(organization)
        if not organization or not progress:
            self.stdout.write("There is no sample. `manage.py sample start` makes one.")
            return
        self.stdout.write(f"{organization.name}: {progress.done} of {progress.weeks} weeks ({progress.percent} %)")

    def _remove(self, organization: Organization) -> None:
        sample.retire(organization=organization, by=None, now=timezone.now())
        erase_sample(organization_id=organization.id)
        self.stdout.write(f"{organization.name} is gone.")

    def _found(self) -> Organization:
        found = sample.sample_organization()
        if found is None:
            raise CommandError("There is no sample. `manage.py sample start` makes one.")
        return found
