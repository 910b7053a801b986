"""People who were merged into others while somebody still had their page: the way to who has them now."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from teams.models import Contributor
from teams.permissions import OrganizationRequest, Permission, organization_view
from teams.queries.identity_moves import heir_of

P = ParamSpec("P")
View = Callable[Concatenate[OrganizationRequest, Contributor, P], HttpResponse]


def person_view(view: View[P]) -> Callable[..., HttpResponseBase]:
    """Wraps a view of one person: it gets the row. Of somebody who is gone, even between the look and the write, it
    leads to who has them now and says so; a number that nobody ever had is a 404."""

    @wraps(view)
    def found(request: OrganizationRequest, person_id: int, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, person(request, person_id), *args, **kwargs)
        except Contributor.DoesNotExist:
            return to_heir(request, person_id)

    # Addresses give the number by its name, which `Concatenate` can't say.
    return never_cache(organization_view(Permission.MANAGE_PEOPLE)(found))  # type: ignore[arg-type]


def person(request: OrganizationRequest, person_id: int) -> Contributor:
    """:raises Contributor.DoesNotExist:"""
    rows = Contributor.objects.filter(organization=request.organization).select_related("user")
    return rows.get(id=person_id)


def to_heir(request: OrganizationRequest, person_id: int) -> HttpResponse:
    heir = heir_of(request.organization, person_id)
    if heir is None:
        raise Http404
    if request.method == "POST":
        messages.warning(request, f"{heir.words} Nothing was changed by you.")
    else:
        messages.info(request, heir.words)
    return redirect("person", request.organization.slug, heir.person.id)
