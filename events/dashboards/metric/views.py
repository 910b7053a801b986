"""One metric's page, of a team and of everybody, the same as a file, and the glossary, which is open to all."""

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from codecard.lib.formats import Unit
from codecard.lib.tables import csv_file
from events.dashboards.fragments import answer, failing_softly
from events.dashboards.metric.page import HEADER, MetricPage, page_of, rows_of
from events.metrics import all_metrics
from events.metrics._base import Metric
from teams.permissions import OrganizationRequest, Permission, organization_view


@never_cache
@require_safe
@failing_softly("#dash")
@organization_view(Permission.SEE_NUMBERS)
def one(request: OrganizationRequest, metric: str, team: str = "") -> HttpResponse:
    context = _page(request, team, metric).context()
    return answer(request, "events/metric/page.html", "events/metric/_page.html", context)


@never_cache
@require_safe
@organization_view(Permission.SEE_NUMBERS)
def export(request: OrganizationRequest, metric: str, team: str = "") -> StreamingHttpResponse:
    """Read before it is sent: the tenant is closed by then."""
    rows = rows_of(_page(request, team, metric))
    return csv_file(HEADER, rows, request.organization.slug, team, metric)


def _page(request: OrganizationRequest, team: str, metric: str) -> MetricPage:
    page = page_of(request, team, metric, timezone.now())
    if page is None:
        raise Http404
    return page


@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    metrics = [
        (metric, _UNITS[metric.unit], metric.band.text(metric.unit) if metric.band else "")
        for metric in sorted(all_metrics(), key=_place)
    ]
    return render(request, "events/metric/glossary.html", {"metrics": metrics})


_UNITS = {
    Unit.SHARE: "Percent", Unit.COUNT: "A number", Unit.NUMBER: "A number", Unit.TOKENS: "Tokens",
    Unit.MONEY: "US dollars", Unit.DURATION: "Time",
}  # fmt: skip


def _place(metric: Metric) -> tuple[bool, int, str]:
    """The headlines as they stand on the dashboard, then their companions by name."""
    return (not metric.is_headline, metric.rank, metric.label)


_ORGANIZATION = "o/<slug:organization>/m/<slug:metric>/"
_TEAM = "o/<slug:organization>/t/<slug:team>/m/<slug:metric>/"
urlpatterns = [
    path("metrics/", glossary, name="glossary"),
    path(_ORGANIZATION, one, name="organization_metric"),
    path(f"{_ORGANIZATION}export.csv", export, name="organization_metric_export"),
    path(_TEAM, one, name="team_metric"),
    path(f"{_TEAM}export.csv", export, name="team_metric_export"),
]
