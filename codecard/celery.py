"""The Celery application: workers, and a beat with a static schedule.

An app's `tasks` module may hold `BEAT_SCHEDULE`, a dict in the form of Celery's `beat_schedule`.
"""

import os
from importlib import import_module
from typing import Any

from celery import Celery
from django.apps import apps
from django.utils.module_loading import module_has_submodule

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "codecard.settings")

app = Celery("codecard")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_finalize.connect
def add_schedules(sender: Celery, **_: Any) -> None:
    """Collects what the apps declare. Beat and workers finalize after Django is set up; shells may do so earlier."""
    if apps.ready:
        sender.conf.beat_schedule |= declared_schedule()


def declared_schedule() -> dict[str, dict[str, Any]]:
    """The entries of all apps by name."""
    entries: dict[str, dict[str, Any]] = {}
    for config in apps.get_app_configs():
        if config.module and module_has_submodule(config.module, "tasks"):
            entries |= getattr(import_module(f"{config.name}.tasks"), "BEAT_SCHEDULE", {})
    return entries
