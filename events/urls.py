"""Addresses of ingestion and of the query API. A POST to an address that ends in the other form can't be redirected
without losing its body, so both forms of each answer."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from events.api.attributions import AttributionsView
from events.api.ci import JUnitView, QualityView
from events.api.docs import api_docs
from events.api.incidents import IncidentsView
from events.api.ingest import EventsView, OtlpView
from events.api.usage import UsageView
from events.api.webhooks import AppWebhookView, PlainWebhookView


def _otlp(signal: str) -> list[URLPattern]:
    view = OtlpView.as_view(signal=signal)
    return [
        re_path(rf"^otlp/v1/{signal}/?$", view, name=f"otlp_{signal}"),
        re_path(rf"^otlp/k/(?P<path_key>[^/]{{1,200}})/v1/{signal}/?$", view, name=f"otlp_{signal}_by_path"),
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    *_otlp("logs"),
    *_otlp("metrics"),
    *_otlp("traces"),
    re_path(r"^api/v1/events/?$", EventsView.as_view(), name="events"),
    re_path(r"^api/v1/attributions/?$", AttributionsView.as_view(), name="attributions"),
    re_path(r"^api/v1/incidents/?$", IncidentsView.as_view(), name="incidents"),
    re_path(r"^api/v1/ci/junit/?$", JUnitView.as_view(), name="ci_junit"),
    re_path(r"^api/v1/ci/quality/?$", QualityView.as_view(), name="ci_quality"),
    path("api/v1/usage/", UsageView.as_view(), name="usage"),
    path("api/docs/", api_docs, name="api_docs"),
    path("", include("events.api.query.urls")),
    re_path(r"^webhooks/github/?$", AppWebhookView.as_view(), name="github_webhook"),
    re_path(
        r"^webhooks/github/(?P<organization>[-a-zA-Z0-9_]{1,63})/?$",
        PlainWebhookView.as_view(),
        name="github_webhook_of_organization",
    ),
    path("", include("events.dashboards.urls")),
]
