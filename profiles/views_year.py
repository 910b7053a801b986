"""`/@<handle>/<year>/`: a calendar year of a published profile, with what everybody may see of it."""

from datetime import timedelta
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import conditional_page, require_safe

from profiles import charts
from profiles.models import Profile
from profiles.published import published, year_to_everybody
from profiles.views_public import kept, nothing, page_context, rendered

MOST_YEARS: Final = 6
"""Nothing older is taken in."""


@require_safe
@conditional_page
def year(request: HttpRequest, handle: str, year: int) -> HttpResponse:
    """:raises Http404: a year that nobody can have anything of."""
    last = (timezone.now() + timedelta(hours=14)).year  # where it is already next year
    if not last - MOST_YEARS <= year <= last:
        raise Http404
    found = published(handle, "profile_year", str(year))
    if isinstance(found, HttpResponse):
        return kept(request, found)
    return kept(request, _page(request, found, year, last) if found else nothing(request, handle))


def _page(request: HttpRequest, found: Profile, year: int, last: int) -> HttpResponse:
    shown = year_to_everybody(found, year)
    context = page_context(request, shown, found)
    title = f"{shown.name}’s {year} with AI"
    context |= {
        "title": title,
        "summary": f"{title}, in numbers.",
        "nothing_title": f"Nothing to show of {year}",
        "year": year,
        "facts": charts.facts_of_year(shown),
        "span": f"in {year}",
        "measured": f"the whole weeks of {year}",
        "address": f"{context['base_url']}{reverse('profile_year', args=[found.handle, year])}",
        "before": year - 1 if year > last - MOST_YEARS else None,
        "after": year + 1 if year < last else None,
    }
    return rendered(request, "profiles/year.html", context)


urlpatterns = [path("@<str:handle>/<int:year>/", year, name="profile_year")]
