"""`manage.py migrate`: the roles first, then Django's migrations as their owner, then rights and walls."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as MigrateCommand

from teams.management import database_roles


class Command(MigrateCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> str | None:
        if options["database"] != "owner":
            # The other aliases are the same database under other roles.
            return None
        if options["plan"] or options["check_unapplied"]:
            return super().handle(*args, **options)
        with database_roles.connect_as_login() as connection:
            database_roles.queue(connection)
            database_roles.prepare_roles(connection)
            output = super().handle(*args, **options)
            database_roles.grant_third_party_tables()
            database_roles.demand_walls()
        return output
