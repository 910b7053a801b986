"""`manage.py simulate`: invented work of invented people, sent through the real ingest path."""

import logging
from argparse import ArgumentTypeError
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from events.sample.sending import Exchange, InProcess, OverHttp, Refused, send
from events.simulation import Simulation
from teams import actions
from teams.models import KeyKind, Organization

USUAL_EVENTS_PER_DAY = 90
"""Of one person on a working day at the normal pace, about."""


class Command(BaseCommand):
    help = (
        "Simulates a company that writes software with AI and sends what its tools would have sent: OTLP of Claude"
        " Code, Codex, Gemini CLI and Copilot, and own events; the newest week first. The same arguments mean the same"
        " facts, so that a second run adds nothing. Everybody is invented. With --url and --key it sends to a running"
        " server, else through this process, with a key made for the run."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--people", type=_positive, default=36)
        parser.add_argument("--weeks", type=_positive, default=26)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--until", type=_day, help="The day after the last one, such as 2026-06-01. Default: today."
        )
        parser.add_argument(
            "--events-per-day", type=_positive, default=USUAL_EVENTS_PER_DAY, help="Of one person, about."
        )
        parser.add_argument("--organization", metavar="SLUG", help="Made if there is none of this name.")
        parser.add_argument("--url", help="Of a running server, such as http://127.0.0.1:8000. Needs --key.")
        parser.add_argument("--key", help="An ingest key. Tools that tell no name are then the key's.")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["url"]) != bool(options["key"]) or bool(options["url"]) == bool(options["organization"]):
            raise CommandError("Give either --organization, or --url and --key.")
        simulation = Simulation(
            seed=options["seed"],
            people=options["people"],
            weeks=options["weeks"],
            until=options["until"] or timezone.now().date(),
            telling="email",
            pace=options["events_per_day"] / USUAL_EVENTS_PER_DAY,
        )
        if options["url"]:
            with closing(OverHttp(options["url"])) as exchange:
                self._send(simulation, exchange, options["key"])
        else:
            self._send_here(simulation, options["organization"])

    def _send_here(self, simulation: Simulation, slug: str) -> None:
        now = timezone.now()
        organization = Organization.objects.filter(slug=slug).first() or actions.create_organization(
            name=slug, slug=slug, by=None, now=now
        )
        made = actions.create_key(organization=organization, kind=KeyKind.INGEST, name="simulate", by=None, now=now)
        # A line of the log for each request would bury the progress.
        logging.getLogger("codecard.request").setLevel(logging.WARNING)
        try:
            self._send(simulation, InProcess(), made.secret)
        finally:
            actions.revoke_key(key=made.key, by=None, now=timezone.now())

    def _send(self, simulation: Simulation, exchange: Exchange, secret: str) -> None:
        requests = events = 0
        for week in range(simulation.weeks):
            try:
                for body in simulation.bodies(week):
                    send(body, secret, exchange)
                    requests += 1
            except (Refused, OSError) as error:
                raise CommandError(f"Week {week + 1} stopped: {error}") from None
            events += simulation.meant(week).events
            self.stdout.write(f"week {week + 1} of {simulation.weeks}: {requests:,} requests, {events:,} events so far")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError("must be 1 or more")
    return number


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a day such as 2026-06-01") from None
