"""Backfills one repository as a worker does, and prints what it took; goes on where it was killed.

Run with the environment of a product whose own worker doesn't: `python -m bench.backfilling API_URL REPOSITORY TOKEN
TIMES`. So many times it was killed before: each lease that was held then is over.
"""

import json
import resource
import sys
import time
from datetime import datetime, timedelta

import django

django.setup()

# Only once the apps are there.
from django.conf import settings  # noqa: E402
from django.db.models import Sum  # noqa: E402
from django.utils import timezone  # noqa: E402

from codecard.lib.sealing import seal  # noqa: E402
from codecard.lib.tenant import tenant  # noqa: E402
from events.models import (  # noqa: E402
    Backfill,
    Connection,
    ConnectionKind,
    DefaultCommit,
    Dimension,
    DimensionKind,
    PullRequest,
    Repository,
    RepositoryState,
)
from events.pulls import backfilling  # noqa: E402
from teams import actions  # noqa: E402
from teams.models import Organization  # noqa: E402

SLUG = "bench-backfill"
_LEASE_IS_OVER = timedelta(minutes=11)


def connected(name: str, token: str) -> Organization:
    """Made the first time; found by whoever goes on."""
    found = Organization.objects.filter(slug=SLUG).first()
    if found:
        return found
    now = timezone.now()
    made = actions.create_organization(name="Backfill", slug=SLUG, owner=None, by=None, now=now)
    with tenant(made.id):
        number = Dimension.objects.create(
            organization=made, kind=DimensionKind.REPOSITORY, value=f"github.com/{name}"
        ).id
        connection = Connection.objects.create(organization=made, kind=ConnectionKind.WEBHOOK, token=seal(token))
        repository = Repository.objects.create(
            organization=made, connection=connection, full_name=name, dimension_id=number,
            state=RepositoryState.OK,
        )  # fmt: skip
        backfilling.start(made.id, [repository.id], since=None, now=now)
    return made


def main(api_url: str, name: str, token: str, times: str) -> None:
    def clock() -> datetime:
        return timezone.now() + int(times) * _LEASE_IS_OVER

    settings.GITHUB_API_URL = api_url
    organization = connected(name, token)
    started, cpu = time.monotonic(), time.process_time()
    while backfilling.work(organization.id, clock=clock, seconds=5):
        pass
    with tenant(organization.id):
        rows = Backfill.objects.filter(organization=organization)
        told = {
            "seconds": time.monotonic() - started,
            "cpu_seconds": time.process_time() - cpu,
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "is_finished": not rows.filter(finished_at=None).exists(),
            **rows.aggregate(calls=Sum("calls"), points=Sum("points")),
            "pulls": PullRequest.objects.count(),
            "merged": PullRequest.objects.exclude(merged_at=None).count(),
            "commits": DefaultCommit.objects.count(),
        }
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
