"""Fills organizations with people, and merges two of them. Run with the environment of a product:

`python -m bench.crowd fill SLUG` makes 5,000 members with three names each, `pair SLUG` two contributors with half a
million events each, and `merge SLUG` makes these one and waits until everything has followed.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import django

django.setup()

# Only once the apps are there.
from bench.preload import Plan, connect, fill  # noqa: E402
from codecard.lib.tenant import tenant  # noqa: E402
from events.models import Relocation  # noqa: E402
from teams import actions  # noqa: E402
from teams.models import Contributor, Organization  # noqa: E402

MEMBERS, EVENTS = 5_000, 1_000_000
_MEMBERS = [
    """
    INSERT INTO teams_user (password, is_superuser, email, name, time_zone, is_active, is_staff, date_joined)
    SELECT '!', false, 'person' || n || '@%(slug)s.test', 'Person ' || n, '', true, false, now()
    FROM generate_series(1, %(members)s) n
    """,
    """
    INSERT INTO teams_organization (slug, name, time_zone, is_personal, is_sample, privacy_floor, cost_visibility,
        settings, identity_epoch, created_at)
    VALUES ('%(slug)s', 'Crowd', 'UTC', false, false, 5, 'admins', '{}', 0, now())
    """,
    """
    INSERT INTO teams_membership (organization_id, user_id, role, is_active, created_at)
    SELECT %(org)s, id, 'developer', true, now() FROM teams_user WHERE email LIKE 'person%%@%(slug)s.test'
    """,
    """
    INSERT INTO teams_contributor (organization_id, user_id, display_name, time_zone, is_bot, created_at)
    SELECT %(org)s, id, name, '', false, now() FROM teams_user WHERE email LIKE 'person%%@%(slug)s.test'
    """,
    """
    INSERT INTO teams_identity (organization_id, kind, value, contributor_id, last_seen_at, created_at)
    SELECT %(org)s, kind, CASE kind WHEN 'email' THEN u.email WHEN 'github' THEN 'gh-' || u.id
           ELSE 'codex:device-' || u.id END, c.id, now(), now()
    FROM teams_contributor c JOIN teams_user u ON u.id = c.user_id,
         (VALUES ('email'), ('github'), ('tool_user')) AS kinds (kind)
    WHERE c.organization_id = %(org)s
    """,
    """
    INSERT INTO teams_team (organization_id, slug, name, created_at)
    SELECT %(org)s, 'team-' || n, 'Team ' || n, now() FROM generate_series(1, 200) n
    """,
    """
    INSERT INTO teams_teammembership (organization_id, team_id, contributor_id, is_lead, created_at)
    SELECT %(org)s, ids[1 + (c.id %% 200)::int], c.id, false, now()
    FROM teams_contributor c, (SELECT array_agg(id) AS ids FROM teams_team WHERE organization_id = %(org)s) t
    WHERE c.organization_id = %(org)s
    """,
    """
    INSERT INTO teams_key (organization_id, kind, name, prefix, digest, contributor_id, scopes, created_at)
    SELECT %(org)s, 'ingest', 'laptop', 'cci_bnch', sha256(('%(slug)s' || id)::bytea), id, '{}', now()
    FROM teams_contributor WHERE organization_id = %(org)s
    """,
    """
    INSERT INTO teams_auditentry (organization_id, at, actor_label, action, object_type, object_label, details)
    SELECT %(org)s, now() - n * interval '1 minute', 'Olga <olga@acme.test>', 'member.added', 'membership',
           'Person ' || n, '{}' FROM generate_series(1, 50000) n
    """,
]


def fill_members(slug: str) -> None:
    parameters: dict[str, Any] = {"slug": slug, "members": MEMBERS, "org": 0}
    with connect() as connection:
        for statement in _MEMBERS:
            connection.execute(statement % parameters)
            row = connection.execute("SELECT id FROM teams_organization WHERE slug = %s", [slug]).fetchone()
            parameters["org"] = row[0] if row else 0
        connection.execute("VACUUM (ANALYZE)")


def merge(slug: str) -> None:
    """Returns once the worker has moved everything."""
    organization = Organization.objects.get(slug=slug)
    with tenant(organization.id):
        winner, loser = Contributor.objects.filter(organization=organization, user=None).order_by("id")[:2]
    actions.merge_contributors(organization=organization, loser=loser, winner=winner, by=None, now=datetime.now(UTC))
    while True:
        with tenant(organization.id):
            if not Relocation.objects.filter(organization=organization, finished_at=None).exists():
                return
        time.sleep(0.05)


def fill_pair(slug: str) -> None:
    fill([Plan(slug, 2, EVENTS)])


COMMANDS: dict[str, Callable[[str], None]] = {"fill": fill_members, "pair": fill_pair, "merge": merge}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](sys.argv[2])
