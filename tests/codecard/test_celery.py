from celery import current_app
from django.conf import settings

from codecard.celery import app


def test_shared_tasks_use_this_application_and_its_broker() -> None:
    assert current_app.main == app.main == "codecard"
    assert app.conf.broker_url == settings.CELERY_BROKER_URL
    assert app.conf.broker_url.startswith("redis")


def test_work_survives_the_loss_of_a_worker() -> None:
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    # Redis hands a task out again after this; a task that still runs would then run twice at once.
    assert app.conf.broker_transport_options["visibility_timeout"] > app.conf.task_time_limit


def test_every_entry_of_the_schedule_names_a_task_that_exists() -> None:
    app.loader.import_default_modules()
    assert app.conf.beat_schedule
    for name, entry in app.conf.beat_schedule.items():
        assert entry["task"] in app.tasks, name
        assert entry["schedule"]
