"""What is shown of a person, put together: every section is read only if somebody may see it.

Numbers come from the organizations that count: those that the person is a member of and did not leave out and, for
anybody but the person, that allow what is done in them to be published.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from codecard.lib.formats import Unit
from codecard.lib.periods import Days, monday, today_in
from codecard.lib.reading import Reading
from codecard.lib.tenant import tenant
from events.answers import Answer, Answers, Question
from events.answers.own import Oneself, own_answers
from events.metrics import all_metrics
from events.metrics._base import By
from events.queries.own import (
    OwnDay,
    OwnPart,
    OwnRepository,
    own_days,
    own_languages,
    own_parts,
    own_repositories,
    own_sessions,
)
from events.task_types import TaskType
from profiles.badges import shown_badges
from profiles.calendar import streaks, weeks_of_graph
from profiles.models import Audience, Profile, Section
from profiles.shown import (
    About,
    Activity,
    Measure,
    ModelUse,
    MonthOfTokens,
    PinnedRepository,
    Shown,
    TaskUse,
    Totals,
)
from teams.models import Contributor, Organization
from teams.queries import own_people

MEASURED_WEEKS: Final = 13
MONTHS: Final = 12
MOST_MODELS, MOST_TASKS, MOST_PINNED, USUALLY_PINNED = 6, 6, 6, 3
OF_YEAR: Final = frozenset(Section) - {Section.ABOUT, Section.TOKENS, Section.REPOSITORIES}
"""What a calendar year is told of: the others tell who somebody is now."""
T = TypeVar("T")
MEASURES: Final = (
    ("acceptance-rate", "Suggestions accepted", "Accepted"),
    ("first-run-pass-rate", "Tests pass first time", "First-run pass"),
    ("latency-small-patches", "Small patch, prompt to merge", "Small patch"),
)
USUAL: Final = dict.fromkeys(Section, Audience.PUBLIC) | {Section.TOKENS: Audience.ME}
"""Who sees a section unless the person chose otherwise; nobody sees anything before the profile is published."""


def audience_of(profile: Profile, section: Section) -> Audience:
    return Audience(profile.audiences.get(section, USUAL[section]))


def sections_for(profile: Profile, audience: Audience) -> frozenset[Section]:
    """What an audience may see: the person everything, their organizations what these or everybody may."""
    allowed = {
        Audience.ME: set(Audience),
        Audience.ORGANIZATION: {Audience.ORGANIZATION, Audience.PUBLIC},
        Audience.PUBLIC: {Audience.PUBLIC},
    }[audience]
    return frozenset(section for section in Section if audience_of(profile, section) in allowed)


def counted_people(profile: Profile, audience: Audience) -> list[Contributor]:
    """Who the person is in each organization that counts for an audience, with the organization."""
    mine = [one for one in own_people(profile.user) if one.organization_id not in profile.left_out]
    return [one for one in mine if audience is Audience.ME or one.organization.allows_publication]


def repositories_to_pin(profile: Profile, *, now: datetime) -> list[tuple[Organization, OwnRepository]]:
    """Those in which the person has AI-assisted pull requests in the year of the graph, the most first."""
    found = Work.of(profile, Audience.ME, now).own_repositories
    return sorted(((one.organization, row) for one, row in found), key=lambda pair: -pair[1].pull_requests)


def shown_to(
    profile: Profile, audience: Audience, *, now: datetime, sections: Collection[Section] | None = None
) -> Shown:
    """`sections`: only these of them, for a card or a badge that needs no more. Outside of any tenant."""
    seen = sections_for(profile, audience)
    asked = seen if sections is None else seen & set(sections)
    return worded(profile, asked, Work.of(profile, audience, now).figures(asked))


def figures_for_everybody(profile: Profile, sections: Collection[Section], year: int | None, *, now: datetime) -> Shown:
    """As of `Work.figures`, of what counts for everybody: lately, or in a calendar year."""
    return Work.of(profile, Audience.PUBLIC, now, year).figures(sections)


def worded(profile: Profile, sections: Collection[Section], figures: Shown, year: int | None = None) -> Shown:
    """Figures of these sections, with the person's own words and badges as they are now; of a year those earned in
    it."""
    badges = shown_badges(profile.user) if Section.BADGES in sections else ()
    return replace(
        figures.only(sections),
        handle=profile.handle,
        name=profile.name or profile.user.get_full_name() or profile.handle,
        about=_about(profile) if Section.ABOUT in sections else None,
        badges=tuple(badge for badge in badges if year in (None, badge.earned_on.year)),
    )


def _about(profile: Profile) -> About | None:
    links = [(one["label"], one["url"]) for one in profile.links]
    return About(profile.bio, links) if profile.bio or links else None


@dataclass(frozen=True)
class Work:
    """What a person did where it counts. Nothing is read before it is asked for, and nothing twice.

    `calendar_year`: what was done in it, instead of lately."""

    profile: Profile
    me: Sequence[Oneself]
    zone: str
    now: datetime
    calendar_year: int | None = None

    @classmethod
    def of(cls, profile: Profile, audience: Audience, now: datetime, calendar_year: int | None = None) -> "Work":
        counted = counted_people(profile, audience)
        zones = [profile.user.time_zone, *(one.organization.time_zone for one in counted)]
        zone = next(filter(None, zones), "UTC")
        return cls(profile, [Oneself(one.organization, one.id) for one in counted], zone, now, calendar_year)

    @cached_property
    def today(self) -> date:
        return today_in(ZoneInfo(self.zone), now=self.now)

    @cached_property
    def year(self) -> Days:
        """Of the graph and the totals."""
        year = self.calendar_year
        return Days(date(year, 1, 1), date(year + 1, 1, 1)) if year else weeks_of_graph(self.today)

    @cached_property
    def days(self) -> list[OwnDay]:
        """Of the graph and of the months, which may begin before it; of two organizations the same day twice."""
        first = min(self.year.start_on, months_before(self.today, MONTHS - 1))
        return self._each(own_days, Days(first, self.year.end_on))

    @cached_property
    def of_year(self) -> list[OwnDay]:
        return [day for day in self.days if day.day in self.year]

    @cached_property
    def parts(self) -> list[OwnPart]:
        """Of the year of the graph."""
        return self._each(own_parts, [day.day for day in self.of_year])

    def _each(self, read: Callable[..., list[T]], *asked: object) -> list[T]:
        """What is read of each organization, each inside its own tenant."""
        found: list[T] = []
        for one in self.me:
            with tenant(one.organization.id):
                found += read(one.organization.id, one.contributor_id, *asked)
        return found

    def figures(self, seen: Collection[Section]) -> Shown:
        """All of these sections that rests on the data; not the person's words, nor badges."""
        return Shown(
            handle=self.profile.handle,
            name="",
            as_of=self.today,
            totals=self.totals() if Section.TOTALS in seen else None,
            activity=self.activity() if Section.ACTIVITY in seen else None,
            measures=self.measures() if Section.MEASURES in seen else (),
            models=self.models() if Section.MODELS in seen else (),
            months=self.months() if Section.TOKENS in seen else (),
            tasks=self.tasks() if Section.TASKS in seen else (),
            repositories=self.repositories() if Section.REPOSITORIES in seen else (),
        )

    # --- sections ---------------------------------------------------------------------------------------------------

    def totals(self) -> Totals | None:
        if not self.days:
            return None
        sessions = sum(self._each(lambda *asked: [own_sessions(*asked)], self.year))
        accepted = _by_day(self.of_year)
        return Totals(
            active_days=sum(count > 0 for count in accepted.values()),
            accepted=sum(accepted.values()),
            sessions=sessions,
            pull_requests=sum(row.pull_requests for _, row in self.own_repositories),
        )

    def activity(self) -> Activity | None:
        if not self.of_year:
            return None
        accepted = _by_day(self.of_year)
        shown = Days(self.year.start_on, min(self.year.end_on, self.today + timedelta(days=1)))
        active = {day for day, count in accepted.items() if count}
        current, longest = streaks(active, self.profile.rest_days, self.today)
        days = [shown.start_on + timedelta(days=n) for n in range(shown.days)]
        return Activity(
            days=tuple((day, accepted.get(day, 0)) for day in days),
            current_streak=current,
            longest_streak=longest,
            rest_days=tuple(self.profile.rest_days),
            zone=self.zone,
        )

    def measures(self) -> Sequence[Measure]:
        """Those of which anything is known."""
        told = [(slug, label, short, self._total(slug)) for slug, label, short in MEASURES]
        return tuple(
            Measure(slug, label, short, reading)
            for slug, label, short, reading in told
            if reading and reading.value is not None
        )

    def models(self) -> Sequence[ModelUse]:
        """The most used first; `share` of output tokens, which every tool tells by model."""
        output, tokens = Counter[str](), Counter[str]()
        for part in self.parts:
            if part.model:
                output[part.model] += part.output
                tokens[part.model] += part.tokens
        rows = {slug: self._by_model(slug) for slug in _OF_MODELS}
        named = [name for name, _ in tokens.most_common() if tokens[name]]
        named.sort(key=lambda name: (-output[name], name))
        whole = sum(output.values())
        return tuple(
            ModelUse(
                name=name,
                share=output[name] / whole if whole else None,
                tokens=tokens[name],
                acceptance=rows[_ACCEPTANCE].get(name, _NO_SHARE),
                rewrite=rows[_REWRITE].get(name, _NO_SHARE),
                tokens_per_line=rows[_TOKENS_PER_LINE].get(name, _NO_TOKENS),
                colour=place,
            )
            for place, name in enumerate(named[:MOST_MODELS], 1)
        )

    def months(self) -> Sequence[MonthOfTokens]:
        """The running month and those before it, oldest first, months without any included."""
        if not any(day.output + day.input + day.cached for day in self.days):
            return ()
        sums: defaultdict[date, list[int]] = defaultdict(lambda: [0, 0, 0])
        for day in self.days:
            for place, amount in enumerate((day.output, day.input, day.cached)):
                sums[day.day.replace(day=1)][place] += amount
        months = [months_before(self.today, back) for back in range(MONTHS - 1, -1, -1)]
        return tuple(MonthOfTokens(month, *sums[month]) for month in months)

    def tasks(self) -> Sequence[TaskUse]:
        """Shares of accepted suggestions whose kind of work is known, the largest first."""
        accepted = Counter[TaskType]()
        for part in self.parts:
            if part.task is not None:
                accepted[part.task] += part.accepted
        whole = accepted.total()
        found = sorted(accepted, key=lambda task: (-accepted[task], task))
        return tuple(
            TaskUse(task.value, task.label, accepted[task] / whole) for task in found[:MOST_TASKS] if accepted[task]
        )

    def repositories(self) -> Sequence[PinnedRepository]:
        """Those that the person pinned, in their order; without any choice, the public ones with the most work."""
        known = {(one.organization.id, row.id): (one, row) for one, row in self.own_repositories}
        pinned = [(one["organization"], one["repository"]) for one in self.profile.pinned]
        usual = [key for key, (_, row) in known.items() if not row.is_private][:USUALLY_PINNED]
        chosen = [known[key] for key in pinned or usual if key in known][:MOST_PINNED]
        return tuple(
            PinnedRepository(
                full_name=row.full_name,
                href="" if row.is_private else f"https://github.com/{row.full_name}",
                language=self._languages.get((one.organization.id, row.dimension_id), ""),
                pull_requests=row.pull_requests,
                median_seconds=row.median_seconds,
                is_private=row.is_private,
            )
            for one, row in chosen
        )

    # --- what they are made of --------------------------------------------------------------------------------------

    @cached_property
    def own_repositories(self) -> list[tuple[Oneself, OwnRepository]]:
        found: list[tuple[Oneself, OwnRepository]] = []
        for one in self.me:
            with tenant(one.organization.id):
                read = own_repositories(one.organization.id, one.contributor_id, self.year, one.organization.time_zone)
            found += ((one, row) for row in read)
        return found

    @cached_property
    def _languages(self) -> dict[tuple[int, int], str]:
        lately = [day.day for day in self.of_year if day.day >= self.measured.start_on]
        found: dict[tuple[int, int], str] = {}
        for one in self.me:
            with tenant(one.organization.id):
                told = own_languages(one.organization.id, one.contributor_id, lately)
            found |= {(one.organization.id, number): language for number, language in told.items()}
        return found

    @property
    def measured(self) -> Days:
        """The last whole weeks, or those of the year; none in its first days."""
        if self.calendar_year:
            start = monday(self.year.start_on + timedelta(days=6))
            return Days(start, max(start, monday(min(self.today, self.year.end_on))))
        end = monday(self.today)
        return Days(end - timedelta(weeks=MEASURED_WEEKS), end)

    @cached_property
    def answers(self) -> Answers | None:
        return own_answers(self.me, [self.measured], self.now) if self.me and self.measured.days else None

    def answer(self, slug: str, by: By | None = None) -> Answer | None:
        if self.answers is None:
            return None
        return self.answers.answer(Question(metric=_METRICS[slug], shown=self.measured, by=by))

    def _total(self, slug: str) -> Reading | None:
        told = self.answer(slug)
        return told.total if told else None

    def _by_model(self, slug: str) -> dict[str, Reading]:
        told = self.answer(slug, By.MODEL)
        return {row.key: row.reading for row in told.rows} if told else {}


def _by_day(days: Iterable[OwnDay]) -> dict[date, int]:
    """Suggestions accepted on each day, of all organizations together."""
    found: dict[date, int] = {}
    for day in days:
        found[day.day] = found.get(day.day, 0) + day.accepted
    return found


def months_before(day: date, back: int) -> date:
    """The first day of the month that was `back` months before."""
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


_METRICS: Final = {metric.slug: metric for metric in all_metrics()}
_ACCEPTANCE, _REWRITE, _TOKENS_PER_LINE = _OF_MODELS = ("acceptance-rate", "edit-distance", "tokens-per-merged-line")
_NO_SHARE, _NO_TOKENS = Reading(value=None), Reading(value=None, unit=Unit.TOKENS)
