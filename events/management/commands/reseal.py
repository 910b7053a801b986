"""`manage.py reseal`: after SECRET_KEY was changed, seals every secret by the new one."""

from typing import Any

from django.core.management.base import BaseCommand

from events.actions.resealing import reseal_everything


class Command(BaseCommand):
    help = (
        "Seals every secret by the present SECRET_KEY. Put the former one into SECRET_KEY_FALLBACKS until it is done."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = reseal_everything()
        self.stdout.write(f"{done.sealed} secrets are sealed by the present key.")
        if done.broken:
            self.stderr.write(f"{done.broken} can be opened by no key in the settings, and must be entered anew.")
