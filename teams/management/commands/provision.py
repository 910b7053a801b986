"""`manage.py provision`: an organization, its member and fresh keys, as JSON for scripts."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email, validate_slug
from django.utils import timezone

from teams import actions
from teams.models import Role


class Command(BaseCommand):
    help = "Finds or makes an organization and a member of it, and prints new keys as JSON. Keys are new at each call."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", required=True, metavar="SLUG")
        parser.add_argument("--email", required=True)
        parser.add_argument("--role", choices=Role.values, default=Role.OWNER)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            validate_slug(options["organization"])
            validate_email(options["email"])
            done = actions.provision(
                slug=options["organization"], email=options["email"], role=Role(options["role"]), now=timezone.now()
            )
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        printed = {
            "organization": done.organization.slug,
            "user": done.user.email,
            "ingest_key": done.ingest_key,
            "api_token": done.api_token,
        }
        self.stdout.write(json.dumps(printed))
