"""What the simulator means, as the facts of metrics: the way from the wires to the tables left out."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from codecard.lib.clusters import Moments
from codecard.lib.periods import Days
from codecard.lib.survival import quantile
from events.models import PATH_CLASSES, AiClass, EditHorizon, EscapeState, LatencyState
from events.pulls.sizes import Changed, TaskClass, size_of
from events.queries.cells import DETAIL_SUMS, Has
from events.queries.facts import Detail, Distance, Facts
from events.queries.people import Group
from events.queries.pull_facts import HORIZON_DAYS, Pull
from events.schema import Edit, Event, Response, Suggestion
from events.simulation import Simulation
from events.simulation.forge import diffs, git
from events.simulation.forge.quality import functions
from events.simulation.forge.state import Pull as ForgePull
from events.simulation.forge.stories import Bug
from events.simulation.forge.truth import PullTruth
from events.simulation.people import TEAMS
from events.sources._paths import classify
from events.task_types import task_type_of, task_type_of_suggestion

ZONE = ZoneInfo("Europe/Berlin")
_CLASSES = {TaskClass.SMALL: "small_patch", TaskClass.FEATURE: "feature_with_tests", TaskClass.OTHER: "other"}
_TELLS_PATHS = frozenset({"copilot-chat", "quill"})
_AI = {"ai": AiClass.AI, "human_known": AiClass.HUMAN, "bot": AiClass.BOT, "unknown": AiClass.UNKNOWN}


def week_of(at: datetime) -> date:
    on = at.astimezone(ZONE).date()
    return on - timedelta(days=on.weekday())


class Meant:
    """Of a simulation as it is at its end."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.now = datetime.combine(simulation.until, datetime.min.time(), UTC)

    @cached_property
    def groups(self) -> list[Group]:
        """Teams with everybody in them and in the teams below, by name."""
        own = {team.slug: {one.number for one in self._people if one.team == team.slug} for team in TEAMS}
        below = {team.slug: {child.slug for child in TEAMS if child.parent == team.slug} for team in TEAMS}
        return [
            Group(i, team.slug, team.name, frozenset(own[team.slug]).union(*(own[one] for one in below[team.slug])))
            for i, team in enumerate(sorted(TEAMS, key=lambda team: team.name), 1)
        ]

    def fill(self, facts: Facts) -> Facts:
        """The same facts, read from here."""
        everybody, own = facts.everybody, facts.group.people
        reach = [Days(days.start_on - timedelta(days=HORIZON_DAYS), days.end_on) for days in facts.stretches]
        facts.__dict__.update(
            whole=facts,
            details=list(self._details(everybody, own)),
            decisions=self._decisions(own),
            first_runs=[],
            distances=list(self._distances(everybody, own)),
            pulls=[
                pull for pull in self.pulls
                if pull.author in everybody and any(days.start_on <= pull.week_on < days.end_on for days in reach)
            ],
        )  # fmt: skip
        return facts

    @property
    def _people(self) -> list[Any]:
        return [one for one in self.simulation.cast if one.is_member and one.is_working and not one.is_bot]

    @cached_property
    def _events(self) -> list[tuple[int, Event]]:
        return [
            (person.number, event)
            for week in range(self.simulation.weeks)
            for person in self._people
            for work in self.simulation._works(person, week)
            for event in work.events
        ]

    @cached_property
    def _decided(self) -> list[tuple[int, date, tuple[str, ...], Suggestion]]:
        """By a person: whose, in which week, alike in what."""
        return [
            (person, week_of(event.at), _parts(event), event)
            for person, event in self._events
            if isinstance(event, Suggestion) and event.decided_by == "person"
        ]

    def _details(self, everybody: frozenset[int], own: frozenset[int]) -> Iterator[Detail]:
        people: defaultdict[Any, set[int]] = defaultdict(set)
        sums: defaultdict[Any, Counter[str]] = defaultdict(Counter)
        for person, week_on, parts, event in self._decided:
            if person in everybody:
                people[week_on, parts].add(person)
                sums[week_on, parts][event.outcome] += person in own
        for (week_on, parts), some in people.items():
            told = dict.fromkeys(DETAIL_SUMS, 0) | sums[week_on, parts]
            yield Detail(week_on, *parts, dict.fromkeys((Has.DECISIONS, Has.RULINGS), frozenset(some)), told)  # type: ignore[call-arg]

    def _decisions(self, own: frozenset[int]) -> dict[date, Moments]:
        by_session: defaultdict[tuple[date, str], list[int]] = defaultdict(lambda: [0, 0])
        for person, week_on, _, event in self._decided:
            if person in own:
                pair = by_session[week_on, event.session or ""]
                pair[0] += event.outcome == "accepted"
                pair[1] += 1
        pairs: defaultdict[date, list[tuple[float, float]]] = defaultdict(list)
        for (week_on, _), (accepted, n) in by_session.items():
            pairs[week_on].append((accepted, n))
        return {week_on: Moments.from_pairs(some) for week_on, some in pairs.items()}

    def _distances(self, everybody: frozenset[int], own: frozenset[int]) -> Iterator[Distance]:
        found: defaultdict[Any, defaultdict[int, list[Edit]]] = defaultdict(lambda: defaultdict(list))
        for person, event in self._events:
            if isinstance(event, Edit) and event.horizon == "commit" and person in everybody:
                found[week_of(event.at), _parts(event)][person].append(event)
        for (week_on, parts), of_person in found.items():
            mine = [edits for person, edits in of_person.items() if person in own]
            lines = Counter[int]()
            for edit in (edit for edits in mine for edit in edits):
                lines[round(edit.distance * 100)] += edit.lines
            pairs = [(sum(e.distance * e.lines for e in edits), float(sum(e.lines for e in edits))) for edits in mine]
            yield Distance(
                week_on, *parts, EditHorizon.COMMIT, frozenset(of_person), sum(map(len, mine)), lines,  # type: ignore[call-arg]
                Moments.from_pairs(pairs),
            )  # fmt: skip

    @cached_property
    def _tokens(self) -> Counter[str]:
        """By session: input that was not cached, output and cache writes."""
        found: Counter[str] = Counter()
        for _, event in self._events:
            if isinstance(event, Response) and event.session:
                found[event.session] += event.input_tokens + event.output_tokens + event.cache_write_tokens
        return found

    @cached_property
    def pulls(self) -> list[Pull]:
        """On the default branch, no bot's and no backport."""
        forge = self.simulation.forge
        people = {account.login: number for number, account in forge.world.accounts.items()}
        truth = forge.truth().pulls
        return [
            self._pull(people.get(true.author, 0), true, forge.repositories[name].pulls[number])
            for name, pulls in truth.items()
            for number, true in pulls.items()
            if true.integrated_at and not true.is_backport and true.ai_class != "bot"
        ]

    def _pull(self, author: int, true: PullTruth, pull: ForgePull) -> Pull:
        assert true.integrated_at is not None
        due = true.integrated_at + timedelta(days=HORIZON_DAYS)
        changes = git.differences(pull.fork.tree, pull.head.tree)
        files = [Changed(change.path, *diffs.counts(*change.lines)) for change in changes]
        size = size_of(files)
        repository = self.simulation.forge.repositories[true.repository]
        runs = sorted((run for run in repository.runs if run.number == pull.number), key=lambda run: run.started_at)
        tests = None if not runs else "passed" if runs[0].conclusion == "success" else "failed"
        seconds = None if true.first_prompt_at is None else (true.integrated_at - true.first_prompt_at).total_seconds()
        return Pull(
            id=repository.id * 10_000 + pull.number, author=author, week_on=week_of(true.integrated_at),
            due_week_on=week_of(due), integrated=int(true.integrated_at.timestamp()), repository=true.repository,
            full_name=true.repository, number=pull.number,
            task=task_type_of([(file.path, file.lines) for file in files]), size=size.stratum,
            change_class=_CLASSES[size.task_class], ai_class=_AI[true.ai_class], tools=[], models=[], ai_lines=None,
            source_lines_added=size.source_added,
            latency=LatencyState.NO_PROMPT if seconds is None else LatencyState.MEASURED,
            seconds=None if seconds is None else int(seconds), escape=_escape(true.escapes), is_due=due <= self.now,
            defects=len(true.escapes), weight=len(true.escapes),
            tokens=sum(self._tokens[session] for session in true.methods) or None, accepted_lines=None,
            cost_micros=None, tests=tests, test_lines_changed=size.test_changed, review_seconds=None,
            is_reworked=False, is_reverted=False, violations=None, checked_lines=None,
            complexity=_complexity(changes), complexity_before=None,
        )  # fmt: skip


def _parts(event: Event) -> tuple[str, str, str, str, str]:
    """Tool, model, repository, language, task type: as far as the tool tells them."""
    path_class, language = classify(event.path) if event.path and event.tool in _TELLS_PATHS else ("", None)
    task = task_type_of_suggestion(PATH_CLASSES[path_class], language) if path_class else None
    return event.tool, event.model or "", event.repository or "", language or "", task or ""


def _complexity(changes: Iterable[git.Change]) -> float | None:
    """Of all functions of the Python that changed; those that changed lines meet are some of them."""
    told = sorted(
        complexity
        for change in changes
        if change.new and change.path.endswith(".py")
        for _, _, complexity in functions(change.path, change.new)
    )
    return quantile(told, 0.9)


def _escape(bugs: tuple[Bug, ...]) -> EscapeState:
    counted = {bug.tier for bug in bugs if not bug.is_cancelled() and bug.lag_days <= HORIZON_DAYS}
    return EscapeState.CONFIRMED if "confirmed" in counted else (
        EscapeState.PROBABLE if "probable" in counted else EscapeState.CLEAN
    )  # fmt: skip
