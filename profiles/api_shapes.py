"""A public profile as JSON. What is encoded is also its schema. Pure."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from codecard.lib.reading import Reading
from events.api.query.readings import VERDICTS, finite
from profiles.shown import About, Activity, Measure, ModelUse, Shown, Totals

Count = Annotated[int, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Number = float | None
_REF: Final = "#/components/schemas/{name}"


class ProfileLink(Struct, kw_only=True):
    label: str
    url: str


class ProfileAbout(Struct, kw_only=True):
    bio: str
    links: list[ProfileLink]


class ProfileTotals(Struct, kw_only=True):
    """Of the 53 weeks of the graph."""

    active_days: Count
    accepted_suggestions: Count
    sessions: Count
    pull_requests: Count


class ProfileDay(Struct, kw_only=True):
    date: str
    accepted: Count


class ProfileActivity(Struct, kw_only=True):
    """Local days, oldest first, from a Monday on. `rest_days`: 0 is Monday."""

    days: list[ProfileDay]
    current_streak: Count
    longest_streak: Count
    rest_days: list[int]
    time_zone: str


class ProfileReading(Struct, kw_only=True):
    """`value` in the metric's unit: shares 0 to 1, durations in seconds. `interval`: 95%. `range`: the healthy one."""

    value: Number
    n: Count
    interval: tuple[Number, Number] | None
    range: tuple[Number, Number] | None
    verdict: str


class ProfileMeasure(ProfileReading, kw_only=True):
    metric: str
    label: str
    unit: str


class ProfileModel(Struct, kw_only=True):
    """`share`: of accepted lines."""

    name: str
    share: Share | None
    tokens: Count
    acceptance_rate: ProfileReading
    rewrite_rate: ProfileReading
    tokens_per_merged_line: ProfileReading


class ProfileMonth(Struct, kw_only=True):
    """Tokens. `cached`: read from the cache and written to it."""

    month: str
    output: Count
    input: Count
    cached: Count


class ProfileTask(Struct, kw_only=True):
    task: str
    label: str
    share: Share


class ProfileBadge(Struct, kw_only=True):
    badge: str
    label: str
    criterion: str
    evidence: str
    earned_on: str


class ProfileRepository(Struct, kw_only=True):
    full_name: str
    language: str
    pull_requests: Count
    median_latency_seconds: Number


class PublicProfile(Struct, kw_only=True):
    """What everybody sees. Parts that aren't public, or that there are no data for, are null, or empty."""

    handle: str
    name: str
    url: str
    as_of: str
    about: ProfileAbout | None
    totals: ProfileTotals | None
    activity: ProfileActivity | None
    measures: list[ProfileMeasure]
    models: list[ProfileModel]
    tokens_by_month: list[ProfileMonth]
    tasks: list[ProfileTask]
    badges: list[ProfileBadge]
    repositories: list[ProfileRepository]


def schemas() -> dict[str, Any]:
    """The components of OpenAPI, by name."""
    return msgspec.json.schema_components([PublicProfile], ref_template=_REF)[1]


def told(shown: Shown, address: str) -> PublicProfile:
    return PublicProfile(
        handle=shown.handle,
        name=shown.name,
        url=address,
        as_of=shown.as_of.isoformat(),
        about=_about(shown.about) if shown.about else None,
        totals=_totals(shown.totals) if shown.totals else None,
        activity=_activity(shown.activity) if shown.activity else None,
        measures=[_measure(one) for one in shown.measures],
        models=[_model(one) for one in shown.models],
        tokens_by_month=[
            ProfileMonth(month=f"{one.month_on:%Y-%m}", output=one.output, input=one.input, cached=one.cached)
            for one in shown.months
        ],
        tasks=[ProfileTask(task=one.task, label=one.label, share=one.share) for one in shown.tasks],
        badges=[
            ProfileBadge(
                badge=one.slug, label=one.label, criterion=one.criterion, evidence=one.evidence,
                earned_on=one.earned_on.isoformat(),
            )
            for one in shown.badges
        ],
        repositories=[
            ProfileRepository(
                full_name=one.full_name, language=one.language, pull_requests=one.pull_requests,
                median_latency_seconds=finite(one.median_seconds),
            )
            for one in shown.repositories
        ],
    )  # fmt: skip


def _about(shown: About) -> ProfileAbout:
    return ProfileAbout(bio=shown.bio, links=[ProfileLink(label=label, url=url) for label, url in shown.links])


def _totals(shown: Totals) -> ProfileTotals:
    return ProfileTotals(
        active_days=shown.active_days,
        accepted_suggestions=shown.accepted,
        sessions=shown.sessions,
        pull_requests=shown.pull_requests,
    )


def _activity(shown: Activity) -> ProfileActivity:
    return ProfileActivity(
        days=[ProfileDay(date=day.isoformat(), accepted=accepted) for day, accepted in shown.days],
        current_streak=shown.current_streak,
        longest_streak=shown.longest_streak,
        rest_days=list(shown.rest_days),
        time_zone=shown.zone,
    )


def _read(reading: Reading) -> dict[str, Any]:
    band = reading.band
    return {
        "value": finite(reading.value),
        "n": reading.n,
        "interval": _pair(reading.interval),
        "range": _pair((band.low, band.high)) if band else None,
        "verdict": VERDICTS[reading.verdict],
    }


def _pair(ends: Sequence[float | None] | None) -> tuple[Number, Number] | None:
    return None if ends is None else (finite(ends[0]), finite(ends[1]))


def _measure(one: Measure) -> ProfileMeasure:
    return ProfileMeasure(metric=one.slug, label=one.label, unit=str(one.reading.unit), **_read(one.reading))


def _model(one: ModelUse) -> ProfileModel:
    return ProfileModel(
        name=one.name,
        share=one.share,
        tokens=one.tokens,
        acceptance_rate=ProfileReading(**_read(one.acceptance)),
        rewrite_rate=ProfileReading(**_read(one.rewrite)),
        tokens_per_merged_line=ProfileReading(**_read(one.tokens_per_line)),
    )


EXAMPLE: Final[dict[str, Any]] = msgspec.to_builtins(
    PublicProfile(
        handle="mara", name="Mara Lindqvist", url="https://code-card.example.com/@mara/", as_of="2026-11-18",
        about=ProfileAbout(bio="Payments, mostly.", links=[]),
        totals=ProfileTotals(active_days=255, accepted_suggestions=4365, sessions=812, pull_requests=96),
        activity=ProfileActivity(
            days=[ProfileDay(date=f"2026-11-{16 + place}", accepted=number) for place, number in enumerate((9, 0, 4))],
            current_streak=12, longest_streak=40, rest_days=[5, 6], time_zone="Europe/Stockholm",
        ),
        measures=[
            ProfileMeasure(
                metric="acceptance-rate", label="Suggestions accepted", unit="share", value=0.46, n=4365,
                interval=(0.44, 0.48), range=(0.25, 0.6), verdict="in_range",
            )
        ],
        models=[], tokens_by_month=[ProfileMonth(month="2026-11", output=81200, input=402000, cached=5120000)],
        tasks=[ProfileTask(task="feature", label="Feature", share=0.41)], badges=[], repositories=[],
    )
)  # fmt: skip
