from django.urls import path

from events.dashboards import annotations, moving, sample, views
from events.dashboards.github import views as github
from events.dashboards.metric import views as metric
from events.dashboards.pulls import deciding
from events.dashboards.pulls import views as pulls
from events.dashboards.ranges import views as ranges
from events.dashboards.task_types import views as task_types

urlpatterns = [
    path("start/", views.start, name="start"),
    path("start/waiting/", views.waiting, name="start_waiting"),
    path("o/<slug:organization>/", views.organization, name="organization"),
    path("o/<slug:organization>/export.csv", views.organization_export, name="organization_export"),
    path("o/<slug:organization>/t/<slug:team>/", views.team, name="team"),
    path("o/<slug:organization>/t/<slug:team>/export.csv", views.team_export, name="team_export"),
    path("o/<slug:organization>/health/", views.health, name="health"),
    path("o/<slug:organization>/health/export.csv", views.health_export, name="health_export"),
    *metric.urlpatterns,
    *moving.urlpatterns,
    *sample.urlpatterns,
    *pulls.urlpatterns,
    *deciding.urlpatterns,
    *github.urlpatterns,
    *ranges.urlpatterns,
    *annotations.urlpatterns,
    *task_types.urlpatterns,
]
