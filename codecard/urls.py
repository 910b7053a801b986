"""All addresses of the product."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularJSONAPIView

from codecard import views
from teams.forms.signing_in import OperatorLoginForm

admin.site.login_form = OperatorLoginForm

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("-/metrics", views.metrics, name="prometheus"),
    path("code-card.pyz", views.client, name="client"),
    path("theme/", views.theme, name="theme"),
    path("api/schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("", include("profiles.urls")),  # first: what READMEs embed is asked for the most, and looks at few others
    path("", include("events.urls")),
    path("", include("teams.urls")),
]

handler400 = "codecard.views.bad_request"
handler403 = "codecard.views.permission_denied"
handler404 = "codecard.views.page_not_found"
handler429 = "teams.limited.too_many_requests"  # allauth's, for what it counts itself
handler500 = "codecard.views.server_error"
