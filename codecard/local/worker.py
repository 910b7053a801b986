"""Worker and beat in one process: `python -m codecard.local.worker <schedule file>`.

Celery's own `worker --beat` forks a process for the beat, which costs 80 MB for a clock; here it is a thread. Tasks run
in threads too, of all queues: four of them, so that neither filling the sample nor waiting for GitHub holds up
everything else.
"""

import sys
import warnings
from typing import Any

import django
from celery.beat import EmbeddedService
from celery.signals import worker_ready, worker_shutting_down

from codecard.celery import app


def main(schedule: str) -> None:
    # Celery tells root off at every start; in a container there is often nobody else.
    warnings.filterwarnings("ignore", message="You're running the worker")
    django.setup()
    app.finalize()
    beat: Any = EmbeddedService(app, thread=True, schedule_filename=schedule)

    def start(**_: Any) -> None:
        beat.start()

    def stop(**_: Any) -> None:
        # Only asks: the thread is a daemon, and waiting inside a signal handler can hang.
        beat.service.stop()

    worker_ready.connect(start, weak=False)
    worker_shutting_down.connect(stop, weak=False)
    options = ["--pool", "threads", "--concurrency", "4", "--without-gossip", "--without-mingle"]
    app.worker_main(["--quiet", "worker", "--loglevel", "WARNING", *options])


if __name__ == "__main__":
    main(sys.argv[1])
