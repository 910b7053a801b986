"""The page of defects: patterns by task type, and every trace. Context declared in templates/events/defects.html."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms

from codecard.lib.formats import share
from codecard.lib.intervals import newcombe, rule_of_three, wilson
from codecard.lib.reading import Reading
from events.dashboards.pulls.listing import PERIODS, choices, page_number, select, since, teams_to_filter
from events.dashboards.pulls.traces import trace_of
from events.dashboards.pulls.words import task_type
from events.models import SizeStratum, Tier, Verdict
from events.queries.defects import HORIZON_DAYS, UNDECIDED, DefectFilter, TaskRate, rates_by_task, traces_page
from events.queries.people import Group
from events.queries.pull_requests import MOST_COUNTED, reach_of, repositories_of
from teams.permissions import OrganizationRequest

RATES_DAYS: Final = 91
"""Of pull requests for the rates, where the filter names no period: three years would be read for each look."""
FEWEST: Final = 20
"""Pull requests under which a rate is not judged: METRICS.md, rule 2."""


class DefectFilterForm(forms.Form):
    """Of the query string. What can't be read is named, and left out of the question."""

    team = select("Team")
    repo = select("Repository")
    tier = select("How sure", *Tier.choices)
    decision = select("Said of it", (UNDECIDED, "Nothing yet"), *Verdict.choices, nothing="Anything")
    p = select("Found", *((key, f"Last {days} days") for key, days in PERIODS.items()), nothing="Any time")

    def __init__(self, data: Any, groups: Sequence[Group], repositories: Sequence[tuple[int, str]]) -> None:
        super().__init__(data)
        self.groups = {group.slug: group for group in groups}
        self.fields["team"].choices = choices("Any", *((g.slug, g.name) for g in groups))  # type: ignore[attr-defined]
        self.fields["repo"].choices = choices("Any", *repositories)  # type: ignore[attr-defined]

    def wanted(self, zone: ZoneInfo, now: datetime) -> DefectFilter:
        self.is_valid()
        kept = self.cleaned_data
        group = self.groups.get(kept.get("team", ""))
        return DefectFilter(
            people=group.people if group else None,
            repository_id=int(kept["repo"]) if kept.get("repo") else None,
            tier=kept.get("tier", ""),
            decision=kept.get("decision", ""),
            since=since(kept.get("p", ""), zone, now),
        )

    @property
    def asked(self) -> dict[str, str]:
        self.is_valid()
        return {name: str(value) for name, value in self.cleaned_data.items() if value}


@dataclass(frozen=True, slots=True)
class RateRow:
    name: str
    reading: Reading
    k: int
    n: int
    words: str
    """Whether it differs from all other work, as far as so few can tell."""


def defects_context(request: OrganizationRequest, now: datetime) -> dict[str, Any]:
    organization, zone = request.organization, ZoneInfo(request.organization.time_zone)
    form = DefectFilterForm(request.GET, teams_to_filter(request), repositories_of(organization))
    reach = reach_of(organization, request.user, request.permissions)
    wanted = form.wanted(zone, now)
    found = traces_page(organization, reach, wanted, page_number(request.GET.get("page", "")))
    rates = rates_by_task(organization, reach, wanted, since=wanted.since or now - timedelta(days=RATES_DAYS), now=now)
    first = (found.number - 1) * 50 + 1
    n, k = sum(row.n for row in rates), sum(row.k for row in rates)
    return {
        "nav": "defects",
        "form": form,
        "is_filtered": bool(form.asked),
        "traces": [
            trace_of(link, organization.slug, found.decisions.get((link.defect.key, link.origin_id)))
            for link in found.links
        ],
        "sizes": dict(SizeStratum.choices),
        "found": found,
        "first": first,
        "last": first + len(found.links) - 1,
        "zone": zone,
        "rates": rate_rows(rates),
        "n": n,
        "k": k,
        "upper": share(bound, digits=1) if n and not k and (bound := rule_of_three(n)) else "",
        "horizon": HORIZON_DAYS,
        "days": PERIODS.get(form.asked.get("p", ""), RATES_DAYS),
        "most": MOST_COUNTED,
        "fewest": FEWEST,
    }


def rate_rows(rates: Sequence[TaskRate]) -> list[RateRow]:
    """All on one scale, which ends where the highest value does."""
    n, k = sum(row.n for row in rates), sum(row.k for row in rates)
    top = max((row.k / row.n for row in rates if row.n), default=0.1)
    return [_rate_row(row, n - row.n, k - row.k, min(1.0, max(0.1, top * 1.6))) for row in rates]


def _rate_row(row: TaskRate, others: int, of_others: int, top: float) -> RateRow:
    reading = Reading(
        value=row.k / row.n if row.n else None, n=row.n, noun="pull requests", interval=wilson(row.k, row.n),
        is_few=row.n < FEWEST, domain=(0.0, top),
    )  # fmt: skip
    return RateRow(
        task_type(row.task_type) if row.task_type else "Unknown",
        reading,
        row.k,
        row.n,
        _against(row, others, of_others),
    )


def _against(row: TaskRate, others: int, of_others: int) -> str:
    if row.n < FEWEST:
        return "too few to judge"
    if others < FEWEST:
        return ""
    difference = newcombe(row.k, row.n, of_others, others)
    if difference is None or not difference.leaves_out(0):
        return "no clear difference"
    return "more than elsewhere" if difference.low > 0 else "fewer than elsewhere"
