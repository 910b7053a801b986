"""Thin views of pull requests: load, ask for the right, one call, render."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from codecard.lib.limits import Limit
from codecard.lib.tables import CSV, csv_file
from codecard.lib.tenant import tenant
from events.dashboards.pulls.defects import defects_context
from events.dashboards.pulls.listing import filter_of, listing_context
from events.dashboards.pulls.page import page_context
from events.models import PullRequest
from events.queries.pull_requests import (
    PullFilter,
    PullRow,
    Reach,
    filtered,
    pull_request_at,
    reach_of,
    rows_of,
)
from teams import audit
from teams.models import Organization
from teams.permissions import OrganizationRequest, Permission, organization_view
from teams.queries import contributor_of

DOWNLOADS = Limit("pulls-download", most=30, seconds=3600)
BATCH = 500
HEADER = (
    *("Repository", "Number", "Title", "State", "Opened (UTC)", "Ended (UTC)", "AI class", "Task type", "Size"),
    *("Change", "Lines added", "Lines removed", "Prompt to merge (seconds)", "Defect"),
)


@never_cache
@require_safe
@organization_view(Permission.SEE_OWN_PULL_REQUESTS)
def pulls(request: OrganizationRequest) -> HttpResponse:
    return render(request, "events/pulls.html", listing_context(request, timezone.now()))


@never_cache
@require_safe
@organization_view(Permission.SEE_OWN_PULL_REQUESTS)
def download(request: OrganizationRequest) -> HttpResponse | StreamingHttpResponse:
    """What the filters leave, as CSV, without authors; that it was taken stands in the audit."""
    organization, form = request.organization, filter_of(request)
    if request.method == "HEAD":
        return HttpResponse(content_type=CSV)
    if not DOWNLOADS.admits(f"account {request.user.id}"):
        return HttpResponse("Too many downloads within an hour.\n", status=429, content_type="text/plain")
    now = timezone.now()
    audit.record(organization, "pull_requests.downloaded", organization, by=request.user, now=now, filters=form.asked)
    reach = reach_of(organization, request.user, request.permissions)
    wanted = form.wanted(ZoneInfo(organization.time_zone), now)
    return csv_file(HEADER, _cells(organization, reach, wanted), "pull-requests", organization.slug)


def _cells(organization: Organization, reach: Reach, wanted: PullFilter) -> Iterator[list[object]]:
    """Read in batches while the answer is sent. Opens the tenant itself, for each."""
    with tenant(organization.id):
        ids = list(filtered(organization, reach, wanted).values_list("id", flat=True))
    for start in range(0, len(ids), BATCH):
        with tenant(organization.id):
            rows = [_cell(row) for row in rows_of(organization, ids[start : start + BATCH])]
        yield from rows


def _cell(row: PullRow) -> list[object]:
    pull, latency = row.pull_request, row.latency
    ended_at = pull.integrated_at or pull.merged_at or pull.closed_at
    return [
        pull.repository.full_name, pull.number, pull.title, pull.get_state_display(),
        f"{pull.opened_at:%Y-%m-%d %H:%M:%S}", f"{ended_at:%Y-%m-%d %H:%M:%S}" if ended_at else "",
        pull.get_ai_class_display(), pull.task_type, pull.get_size_display(), pull.get_change_class_display(),
        pull.additions, pull.deletions, latency.seconds if latency else None,
        row.defects[0].get_tier_display() if row.defects else "",
    ]  # fmt: skip


@never_cache
@require_safe
@organization_view(Permission.SEE_OWN_PULL_REQUESTS)
def pull(request: OrganizationRequest, owner: str, repository: str, number: int) -> HttpResponse:
    found = open_pull(request, owner, repository, number)
    full_name = found.repository.full_name
    if full_name != f"{owner}/{repository}":
        # Renamed since, or typed in other letters.
        return redirect("pull", request.organization.slug, *full_name.split("/", 1), number)
    viewer = contributor_of(request.organization, request.user)
    return render(request, "events/pull.html", page_context(request.organization, found, viewer))


def open_pull(request: OrganizationRequest, owner: str, repository: str, number: int) -> PullRequest:
    """:raises Http404: there is none, or it is out of the reader's reach, which is the same to them."""
    found = pull_request_at(request.organization, f"{owner}/{repository}", number)
    if found is None or not reach_of(request.organization, request.user, request.permissions).holds(found.author_id):
        raise Http404
    return found


@never_cache
@require_safe
@organization_view(Permission.SEE_OWN_PULL_REQUESTS)
def defects(request: OrganizationRequest) -> HttpResponse:
    return render(request, "events/defects.html", defects_context(request, timezone.now()))


urlpatterns = [
    path("o/<slug:organization>/defects/", defects, name="defects"),
    path("o/<slug:organization>/pulls/", pulls, name="pulls"),
    path("o/<slug:organization>/pulls/pull-requests.csv", download, name="pulls_download"),
    path("o/<slug:organization>/pulls/<str:owner>/<str:repository>/<int:number>/", pull, name="pull"),
]
