"""Pictures and rows of a profile, made of what is shown and of nothing else. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from codecard.lib.formats import count, counted
from codecard.lib.svg import BarChart, Column, Series, Slice
from profiles.models import Section
from profiles.shown import Activity, Shown

TOKEN_KINDS: Final = (Series("Output", 1), Series("Input", 3), Series("Cached", 0))


class Fact(NamedTuple):
    text: str
    words: str


def facts(shown: Shown) -> Sequence[Fact]:
    """The row of numbers below the name."""
    totals, activity = shown.totals, shown.activity
    found = []
    if totals:
        found.append(Fact(count(totals.active_days), "active days, 12 months"))
    if activity:
        found.append(Fact(count(activity.current_streak), f"days in a row, longest {activity.longest_streak}"))
    if totals:
        found.append(Fact(count(totals.accepted), "accepted suggestions"))
        found.append(Fact(count(totals.pull_requests), "AI-assisted pull requests"))
    return found


def facts_of_year(shown: Shown) -> Sequence[Fact]:
    totals, activity = shown.totals, shown.activity
    months = f", the most in {_busiest_month(activity)}" if activity and activity.active_days else ""
    found = []
    if totals:
        found.append(Fact(count(totals.active_days), "active day" if totals.active_days == 1 else "active days"))
    if activity:
        found.append(Fact(count(activity.longest_streak), "days in a row at most"))
    if totals:
        found.append(Fact(count(totals.accepted), f"accepted suggestions{months}"))
        found.append(Fact(count(totals.pull_requests), "AI-assisted pull requests"))
    return found


def _busiest_month(activity: Activity) -> str:
    """The first of those that have as many."""
    months: dict[date, int] = {}
    for day, number in activity.days:
        months[day.replace(day=1)] = months.get(day.replace(day=1), 0) + number
    return f"{max(months, key=lambda month: months[month]):%B}"


def tokens_by_month(shown: Shown) -> BarChart | None:
    months = shown.months
    if not months:
        return None
    return BarChart(
        slug="tokens",
        title="Tokens by month",
        description=f"Output, input and cached tokens of {counted(len(months), 'month')}.",
        series=TOKEN_KINDS,
        columns=[
            Column(
                label=f"{one.month_on:%b %Y}",
                short=f"{one.month_on:%b}"[0],
                values=(one.output, one.input, one.cached),
                is_running=one is months[-1],
            )
            for one in months
        ],
        step_name="Month",
        height=168,
        labels=len(months),
    )


def model_slices(shown: Shown) -> Sequence[Slice]:
    return [Slice(one.name, one.share, one.colour) for one in shown.models if one.share]


class Unfilled(NamedTuple):
    section: Section
    words: str
    href: str


_FILLED_BY: Final = {
    Section.ABOUT: ("Write a line about yourself, or add a link.", "/me/profile/#about"),
    Section.TOTALS: ("Connect a tool: the first event counts.", "/start/"),
    Section.ACTIVITY: ("Connect a tool: every day with an accepted suggestion is marked.", "/start/"),
    Section.MEASURES: ("Needs suggestions, test runs or merged pull requests of the last 91 days.", "/start/"),
    Section.MODELS: ("Needs a tool that tells which model answered.", "/start/"),
    Section.TOKENS: ("Needs a tool that tells its tokens.", "/start/"),
    Section.TASKS: ("Needs accepted suggestions of which the kind of file is known.", "/start/"),
    Section.BADGES: ("Badges come by themselves, once a day.", ""),
    Section.REPOSITORIES: (
        "Needs merged, AI-assisted pull requests in a public repository, or your choice.",
        "/me/profile/#pins",
    ),
}


def unfilled(shown: Shown) -> Sequence[Unfilled]:
    """For the person alone, who is shown everything: what has nothing to show yet, and how that changes."""
    filled = {
        Section.ABOUT: shown.about, Section.TOTALS: shown.totals, Section.ACTIVITY: shown.activity,
        Section.MEASURES: shown.measures, Section.MODELS: shown.models, Section.TOKENS: shown.months,
        Section.TASKS: shown.tasks, Section.BADGES: shown.badges, Section.REPOSITORIES: shown.repositories,
    }  # fmt: skip
    return [Unfilled(section, *_FILLED_BY[section]) for section in Section if not filled[section]]
