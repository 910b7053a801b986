"""The Celery application: workers, and a beat with the static schedule of the settings."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "codecard.settings")

app = Celery("codecard")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
