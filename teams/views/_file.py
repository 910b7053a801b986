"""Lists of the settings as files: what the filters of their page leave. Who took one stands in the audit."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone

from codecard.lib.limits import Limit
from codecard.lib.tables import CSV, csv_file
from teams import audit
from teams.permissions import OrganizationRequest

DOWNLOADS = Limit("list-download", most=30, seconds=3600)


def list_file(
    request: OrganizationRequest,
    what: str,
    header: Iterable[str],
    rows: Iterable[Iterable[object]],
    filters: Mapping[str, object],
) -> HttpResponse | StreamingHttpResponse:
    """`rows` are read only where the file is sent; see `csv_file` about tenants. `filters`: those that were set."""
    if request.method == "HEAD":
        return HttpResponse(content_type=CSV)
    if not DOWNLOADS.admits(f"account {request.user.id}"):
        return HttpResponse(
            "Too many downloads within an hour. Try again later.\n", status=429, content_type="text/plain"
        )
    organization = request.organization
    told = {name: str(value) for name, value in filters.items() if value not in ("", None)}
    audit.record(organization, f"{what}.downloaded", organization, by=request.user, now=timezone.now(), filters=told)
    return csv_file(header, rows, what, organization.slug)


def moment(at: datetime | None) -> str:
    """As files tell it, in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""
