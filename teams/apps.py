from importlib import import_module

from django.apps import AppConfig


class TeamsConfig(AppConfig):
    name = "teams"
    verbose_name = "Teams"

    def ready(self) -> None:
        # They register receivers and the schema of keys; models are not loaded yet when this file is.
        for module in ("teams.sign_in", "teams.key_use", "teams.api_schema"):
            import_module(module)
