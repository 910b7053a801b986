"""Addresses of the query API."""

from django.urls import path

from events.api.query.arrivals import ArrivalsView
from events.api.query.metrics import MetricsView, MetricView, MeView, SeriesView
from events.api.query.organization import RepositoriesView, TeamsView
from events.api.query.pulls import DefectsView, PullsView, PullView

urlpatterns = [
    path("api/v1/metrics/", MetricsView.as_view(), name="api_metrics"),
    path("api/v1/metrics/<slug:metric>/", MetricView.as_view(), name="api_metric"),
    path("api/v1/metrics/<slug:metric>/series/", SeriesView.as_view(), name="api_metric_series"),
    path("api/v1/pulls/", PullsView.as_view(), name="api_pulls"),
    path("api/v1/pulls/<int:pull>/", PullView.as_view(), name="api_pull"),
    path("api/v1/defects/", DefectsView.as_view(), name="api_defects"),
    path("api/v1/contributors/me/", MeView.as_view(), name="api_me"),
    path("api/v1/contributors/me/arrivals/", ArrivalsView.as_view(), name="api_arrivals"),
    path("api/v1/teams/", TeamsView.as_view(), name="api_teams"),
    path("api/v1/repositories/", RepositoriesView.as_view(), name="api_repositories"),
]
