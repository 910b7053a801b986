"""Fills an organization with one person's five years and a million facts, and publishes their profile.

Run with the environment of a migrated product in which `provision` has made the organization:
`python -m bench.preload_person` fills; `python -m bench.preload_person export` prepares their copy, and prints what it
took as JSON.
"""

import json
import resource
import sys
import time
from typing import Any

from bench import preload

# Only once the apps are there, which preload sees to.
from django.utils import timezone  # isort: skip

from profiles import actions, exporting
from profiles.handles import profile_of
from profiles.models import Audience, Section
from teams.models import User

SLUG, HANDLE = "bench-person", "bench-person"
PLAN = preload.Plan(f"{SLUG}-filled", 1, 1_000_000)
DAYS = 5 * 365

# The person who was filled is the one who signs in, and a member there.
_THEIRS = [
    "UPDATE teams_contributor SET user_id = %(user)s WHERE organization_id = %(org)s",
    """INSERT INTO teams_membership (organization_id, user_id, role, is_active, created_at)
       SELECT %(org)s, %(user)s, 'owner', true, now()""",
]


def fill() -> None:
    preload.DAYS = DAYS
    preload.fill([PLAN])
    user = User.objects.get(email=f"owner@{SLUG}.test")
    with preload.connect() as connection:
        found = connection.execute("SELECT id FROM teams_organization WHERE slug = %s", [PLAN.slug]).fetchone()
        parameters: dict[str, Any] = {"org": found[0] if found else 0, "user": user.id}
        for statement in _THEIRS:
            connection.execute(statement, parameters)
        connection.execute("VACUUM (ANALYZE)")
    profile, now = profile_of(user), timezone.now()
    actions.rename(profile=profile, handle=HANDLE, now=now)
    actions.choose_audiences(profile=profile, audiences=dict.fromkeys(Section, Audience.PUBLIC), now=now)
    actions.publish(profile=profile, by=user, now=now)


def export() -> dict[str, float]:
    """Seconds, and the most memory of the process, in MB."""
    made, _ = exporting.ask_for_export(user=User.objects.get(email=f"owner@{SLUG}.test"), now=timezone.now())
    began = time.perf_counter()
    exporting.prepare_export(export_id=made.id, now=timezone.now())
    seconds = time.perf_counter() - began
    made.refresh_from_db()
    if made.state != "ready":
        raise SystemExit(f"the copy is {made.state}")
    return {
        "seconds": seconds,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "size_mb": made.size_bytes / 1e6,
    }


if __name__ == "__main__":
    if sys.argv[1:] == ["export"]:
        print(json.dumps(export()))
    else:
        fill()
