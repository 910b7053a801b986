"""The audit: what was done by whom, on the page and as a file."""

from collections.abc import Iterator

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from teams.forms.audit import AuditFilterForm
from teams.models import AuditEntry
from teams.permissions import OrganizationRequest, Permission, organization_view
from teams.queries.audit import audit_page, details_of, known_actions, walk
from teams.views._file import list_file, moment

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
    form = AuditFilterForm(request.GET, [])
    return list_file(request, "audit", HEADER, _cells(walk(request.organization, form.wanted)), form.asked)


def _cells(entries: Iterator[AuditEntry]) -> Iterator[list[object]]:
    for entry in entries:
        told = [
            f"{one.name}: {one.after}" if one.before is None else f"{one.name}: {one.before} → {one.after}"
            for one in details_of(entry)
        ]
        yield [
            moment(entry.at), entry.actor_label, entry.action, entry.object_type, entry.object_label,
            "; ".join(told), entry.address,
        ]  # fmt: skip


urlpatterns = [
    path("o/<slug:organization>/settings/audit/", audit, name="audit"),
    path("o/<slug:organization>/settings/audit/audit.csv", download, name="audit_download"),
]
