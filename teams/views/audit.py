"""The audit: what was done by whom, on the page and as a file."""

from collections.abc import Iterator

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from codecard.lib.limits import Limit
from codecard.lib.tables import csv_lines
from teams import audit as book
from teams.forms.audit import AuditFilterForm
from teams.models import AuditEntry
from teams.permissions import OrganizationRequest, Permission, organization_view
from teams.queries.audit import audit_page, details_of, known_actions, walk

DOWNLOADS = Limit("audit-download", most=30, seconds=3600)
HEADER = ("At (UTC)", "Who", "Action", "Type", "On what", "Details", "From address")


@never_cache
@require_safe
@organization_view(Permission.SEE_AUDIT)
def audit(request: OrganizationRequest) -> HttpResponse:
    form = AuditFilterForm(request.GET, known_actions(request.organization))
    wanted = form.wanted
    found = audit_page(request.organization, wanted, form.cleaned_data.get("after"))
    rows = [(entry, details_of(entry)) for entry in found.entries]
    context = {"nav": "settings", "section": "audit", "form": form, "rows": rows, "next_id": found.next_id}
    return render(request, "teams/settings/audit.html", context)


@never_cache
@require_safe
@organization_view(Permission.SEE_AUDIT)
def download(request: OrganizationRequest) -> HttpResponse | StreamingHttpResponse:
    """What the filters leave, as CSV; that it was taken stands in the audit itself."""
    form, organization = AuditFilterForm(request.GET, []), request.organization
    if request.method == "HEAD":
        return HttpResponse(content_type="text/csv; charset=utf-8")
    if not DOWNLOADS.admits(f"account {request.user.id}"):
        return HttpResponse(
            "Too many downloads within an hour. Try again later.\n", status=429, content_type="text/plain"
        )
    book.record(organization, "audit.downloaded", organization, by=request.user, now=timezone.now(), filters=form.asked)
    lines = csv_lines(HEADER, _cells(walk(organization, form.wanted)))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{organization.slug}.csv"'
    return response


def _cells(entries: Iterator[AuditEntry]) -> Iterator[list[object]]:
    for entry in entries:
        told = [
            f"{one.name}: {one.after}" if one.before is None else f"{one.name}: {one.before} → {one.after}"
            for one in details_of(entry)
        ]
        yield [
            f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.actor_label, entry.action, entry.object_type, entry.object_label,
            "; ".join(told), entry.address,
        ]  # fmt: skip


urlpatterns = [
    path("o/<slug:organization>/settings/audit/", audit, name="audit"),
    path("o/<slug:organization>/settings/audit/audit.csv", download, name="audit_download"),
]
