"""Pages of the sample workspace: how far it is, and the one click that removes it."""

from functools import partial

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from events import sample
from events.tasks import erase_sample
from teams.models import Role
from teams.permissions import OrganizationRequest, Permission, organization_view


@never_cache
@require_safe
@organization_view(Permission.SEE_NUMBERS)
def progress(request: OrganizationRequest) -> HttpResponse:
    """A part of the banner, which asks for itself again until all is there."""
    found = sample.progress_of(request.organization)
    if found is None:
        raise Http404
    return render(request, "events/_sample_progress.html", {"progress": found})


@never_cache
@require_POST
@organization_view(Permission.MANAGE_SETTINGS)
def remove(request: OrganizationRequest) -> HttpResponse:
    """Gone for everybody with this answer; the rows follow in the background."""
    if sample.progress_of(request.organization) is None:
        raise Http404
    sample.retire(organization=request.organization, by=request.user, now=timezone.now())
    # Without a queue the sweep takes it up later.
    transaction.on_commit(partial(erase_sample.delay, organization_id=request.organization.id), robust=True)
    if sample.is_invented(request.user):
        logout(request)
    messages.success(request, "The sample was removed. `manage.py sample start --anyway` makes it again.")
    return redirect("/")


@never_cache
@require_POST
@organization_view(Permission.SEE_NUMBERS)
def look_as(request: OrganizationRequest) -> HttpResponse:
    """Signs an invented person out and another one in. Nobody else can: a real account would be left for it."""
    role = request.POST.get("role", "")
    if not sample.is_invented(request.user) or role not in Role.values:
        raise Http404
    person = sample.person_with(request.organization, Role(role))
    if person is None:
        raise Http404
    login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    messages.success(request, f"You look around as {person}, {Role(role).label.lower()}.")
    return redirect("organization", request.organization.slug)


urlpatterns = [
    path("o/<slug:organization>/sample/as/", look_as, name="sample_look_as"),
    path("o/<slug:organization>/sample/progress/", progress, name="sample_progress"),
    path("o/<slug:organization>/sample/remove/", remove, name="sample_remove"),
]
