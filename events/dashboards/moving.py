"""How far facts are that follow their names to another person: a part of the people's pages, and a page of its own."""

from django.http import HttpResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from events.dashboards.fragments import answer, failing_softly
from events.models import Relocation
from teams.permissions import OrganizationRequest, Permission, organization_view


@never_cache
@require_safe
@failing_softly("#moving")
@organization_view(Permission.MANAGE_PEOPLE)
def moving(request: OrganizationRequest) -> HttpResponse:
    """The part asks for itself again until all has moved."""
    left = list(Relocation.objects.filter(organization=request.organization, finished_at=None).order_by("id")[:50])
    context = {"nav": "people", "left": left, "first": left[0] if left else None}
    return answer(request, "events/moving.html", "events/_moving.html", context)


urlpatterns = [path("o/<slug:organization>/people/moving/", moving, name="people_moving")]
