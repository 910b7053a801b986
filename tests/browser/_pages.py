"""Every kind of page, for the tests that look at all of them. A new page is one more line.

`{team}`, `{person}`, `{member}`, `{key}` and `{annotation}` are ids in the organization of `conftest.northwind`.
"""

from datetime import UTC, datetime

from codecard.lib.tenant import tenant
from events.models import Annotation
from teams.models import Contributor, Key, Membership, Organization, Team

SETTINGS = "/o/northwind/settings"
PAGES = (
    "/",
    "/start/",
    "/start/?tool=codex",
    "/start/?tool=claude-code&tool=gemini-cli",
    "/device/",
    "/organizations/new/",
    "/accounts/email/",
    "/accounts/3rdparty/",
    "/accounts/2fa/",
    "/accounts/2fa/webauthn/",
    "/accounts/sessions/",
    "/accounts/logout/",
    "/o/northwind/",
    "/o/northwind/t/payments/",
    "/o/northwind/t/payments/?p=91d&vs=year",
    "/o/northwind/t/payments/?task=test&model=gpt-5-codex",
    "/o/northwind/t/tiny/",
    "/o/northwind/t/payments/m/acceptance-rate/",
    "/o/northwind/t/payments/m/acceptance-rate/?by=model&p=91d",
    "/o/northwind/t/payments/m/latency-to-integration/?by=size",
    "/o/northwind/t/payments/m/edit-distance/",
    "/o/northwind/t/payments/m/latency-small-patches/?task=nothing&vs=none",
    "/o/northwind/t/tiny/m/acceptance-rate/?task=test&lang=Go",
    "/o/northwind/m/defect-escape-rate/?vs=year",
    "/metrics/",
    "/api/docs/",
    "/o/northwind/health/",
    "/o/northwind/pulls/",
    "/o/northwind/pulls/?state=closed",
    "/o/northwind/pulls/northwind/payments-api/2104/",
    "/o/northwind/pulls/northwind/payments-api/2110/",
    "/o/northwind/pulls/northwind/payments-api/2117/",
    "/o/northwind/t/payments/annotations/",
    "/o/northwind/t/payments/annotations/{annotation}/",
    "/o/northwind/t/payments/annotations/{annotation}/remove/?p=91d",
    "/o/northwind/small-team/",
    "/o/northwind/defects/",
    "/o/northwind/defects/?tier=possible",
    f"{SETTINGS}/",
    f"{SETTINGS}/delete/",
    f"{SETTINGS}/members/",
    f"{SETTINGS}/members/?q=nobody",
    f"{SETTINGS}/members/{{member}}/",
    f"{SETTINGS}/members/{{member}}/remove/",
    f"{SETTINGS}/invitations/",
    f"{SETTINGS}/invitations/new/",
    f"{SETTINGS}/invitations/new/link/",
    f"{SETTINGS}/teams/",
    f"{SETTINGS}/teams/payments/",
    f"{SETTINGS}/teams/payments/delete/",
    f"{SETTINGS}/team-import/",
    f"{SETTINGS}/task-types/",
    f"{SETTINGS}/keys/",
    f"{SETTINGS}/keys/new/",
    f"{SETTINGS}/keys/{{key}}/",
    f"{SETTINGS}/keys/{{key}}/rotate/",
    f"{SETTINGS}/ranges/",
    f"{SETTINGS}/ranges/defect-escape-rate/?team=payments&task_type=test",
    f"{SETTINGS}/ranges/latency-to-integration/",
    f"{SETTINGS}/github/",
    f"{SETTINGS}/audit/",
    "/o/northwind/keys/",
    "/o/northwind/leave/",
    "/o/northwind/people/",
    "/o/northwind/people/matches/",
    "/o/northwind/people/changes/",
    "/o/northwind/people/moving/",
    "/o/northwind/people/{person}/",
    "/o/northwind/people/{person}/merge/",
    "/me/",
    "/me/sessions/",
    "/me/data/",
    "/me/data/northwind/day/?day=2026-01-05",
    "/me/data/northwind/everything/",
    "/me/profile/",
    "/me/profile/preview/?as=me",
    "/me/profile/publish/",
    "/@mara/",
    "/o/nobody/",
)
TABLES = (
    "/o/northwind/admin/",
    "/o/northwind/admin/teams/membership/",
    "/o/northwind/admin/teams/team/",
    "/o/northwind/admin/teams/team/add/",
    "/o/northwind/admin/teams/team/{team}/change/",
    "/o/northwind/admin/teams/team/{team}/history/",
    "/o/northwind/admin/teams/auditentry/",
    "/o/northwind/admin/events/pullrequest/",
    "/o/northwind/admin/events/delivery/",
    "/o/northwind/admin/events/chore/",
)
"""Django's own pages, which are no part of the product's frame."""
VISITORS_PAGES = (
    "/",
    "/@mara/",
    f"/@mara/{datetime.now(UTC).year}/",
    "/accounts/login/",
    "/accounts/login/code/",
    "/accounts/signup/",
    "/accounts/link/",
    "/join/x/",
)


def ids_of(organization: Organization) -> dict[str, int]:
    """What stands for the names in braces."""
    with tenant(organization.id):
        return {
            "team": Team.objects.get(slug="payments").id,
            "person": Contributor.objects.filter(user=None).earliest("id").id,
            "member": Membership.objects.earliest("id").id,
            "key": Key.objects.earliest("id").id,
            "annotation": Annotation.objects.earliest("id").id,
        }
