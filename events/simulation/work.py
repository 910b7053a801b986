"""What a person did on a day: sessions of normalised events, the same for the same seed, person and day.

This is what the simulator *means*; the wires of this package say it in the words of each tool. An event has just the
fields that its tool can tell.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from math import exp, log
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from events.schema import Activity, Edit, Event, Git, Prompt, Response, Suggestion, TestRun
from events.simulation import trends
from events.simulation.chance import seeded
from events.simulation.people import Person

VERSIONS = {
    "claude-code": ("2.1.197", "2.1.268", "2.1.330"), "codex": ("0.141.0", "0.155.0", "0.169.0"),
    "gemini-cli": ("0.55.0", "0.58.0", "0.61.0"), "copilot": ("1.0.71", "1.0.90", "1.0.102"),
    "copilot-chat": ("0.36.0", "0.38.2", "0.41.0"), "quill": ("3.0.1", "3.1.0", "3.2.4"),
}  # fmt: skip
# Micro-dollars per token: input, output, cache read, cache write. The tool tells its cost, so the sample needs prices.
_PRICES = {
    "claude-sonnet": (3.0, 15.0, 0.3, 3.75),
    "claude-opus": (5.0, 25.0, 0.5, 6.25),
    "claude-haiku": (1.0, 5.0, 0.1, 1.25),
}
_DECIDES = frozenset({"claude-code", "codex", "gemini-cli", "copilot-chat", "quill"})
TELLS_COMMITS = frozenset({"claude-code", "quill"})
_TELLS_REASONING = frozenset({"codex", "gemini-cli", "copilot"})


class ClientCommit(NamedTuple):
    """A commit that a session made, as its clone knew it."""

    at: datetime
    sha: str
    parents: tuple[str, ...]
    tree_sha: str
    patch_id: str
    ai_lines: dict[str, int]
    """Lines that it added, by path."""


class Work(NamedTuple):
    """One session, its events in the order of time. `commits`: those of its commits that became a pull request's."""

    person: Person
    tool: str
    tool_version: str
    session: str
    project: trends.Project
    branch: str
    start: datetime
    events: list[Event]
    commits: tuple[ClientCommit, ...] = ()


def works(seed: int, person: Person, day: date, weeks_ago: int, pace: float = 1.0) -> Iterator[Work]:
    """The sessions of one person on one local day. `pace`: how many times as many, in as many times less time."""
    random = seeded(seed, "work", person.number, weeks_ago, day.weekday())
    if person.is_bot or random.random() > trends.attendance(day):
        return
    wanted = person.pace * pace * trends.adoption(weeks_ago) * random.uniform(0.5, 1.5)
    count = int(wanted) + (random.random() < wanted % 1)
    hour = random.uniform(8.0, 10.5)
    for _ in range(count):
        tool = person.tools[0] if random.random() < 0.8 else person.tools[-1]
        session = _Session(random, person, tool, _moment(day, hour, person.zone), weeks_ago)
        yield session.work()
        hour += (session.hours + random.expovariate(1 / 0.5)) / max(1.0, pace)
        if hour > 17.5:
            return


def _moment(day: date, hour: float, zone: str) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return (midnight + timedelta(seconds=int(hour * 3600))).astimezone(UTC)


class _Session:
    """Makes one session, prompt by prompt."""

    def __init__(self, random: Random, person: Person, tool: str, start: datetime, weeks_ago: int) -> None:
        self.random, self.person, self.tool, self.start = random, person, tool, start
        self.now_ms = int(start.timestamp() * 1000) + random.randrange(60_000)
        self.events: list[Event] = []
        self.project = trends.project_of(person.team, random)
        self.branch = f"feature/{random.choice(_TOPICS)}-{random.randrange(100, 140)}"
        self.version = VERSIONS[tool][0 if weeks_ago > 17 else 1 if weeks_ago > 5 else 2]
        self.session = _uuid(random)
        names, upto = trends.models_of(tool, weeks_ago)
        self.model = random.choices(names, cum_weights=upto)[0]
        habit = trends.habit_of(person.team, weeks_ago)
        # Decisions of a session are alike: it goes well or it doesn't.
        logit = log(habit.acceptance / (1 - habit.acceptance)) + person.skill + random.gauss(0, 0.6)
        self.acceptance = 1 / (1 + exp(-logit))
        self.automatic = min(0.97, max(0.0, habit.automatic + random.gauss(0, 0.12)))
        self.context = random.randrange(9_000, 24_000)
        self.added = self.removed = self.active_s = 0

    @property
    def hours(self) -> float:
        return max(0.1, (self.now_ms / 1000 - self.start.timestamp()) / 3600)

    def work(self) -> Work:
        for _ in range(1 + min(14, int(self.random.expovariate(1 / 5.0)))):
            self._prompt()
        self._finish()
        return Work(
            self.person, self.tool, self.version, self.session, self.project, self.branch, self.start, self.events
        )

    def _tell(self, kind: type[Event], after_ms: int, id: str = "", **fields: Any) -> None:  # noqa: A002 - the field's name
        self.now_ms += after_ms
        self.events.append(
            kind(
                id=id or _uuid(self.random),
                at=_EPOCH + timedelta(milliseconds=self.now_ms),
                tool=self.tool,
                tool_version=self.version,
                session=self.session,
                repository=self.project.repository,
                branch=self.branch,
                **fields,
            )
        )

    def _prompt(self) -> None:
        random = self.random
        self._tell(Prompt, int(random.expovariate(1 / 110_000)) + 4_000)
        for _ in range(1 + min(9, int(random.expovariate(1 / 2.2)))):
            self._response()
            if self.tool in _DECIDES and random.random() < 0.55:
                self._suggestion()
            elif self.tool == "copilot" and random.random() < 0.5:
                self._lines(random.randrange(1, 30), random.randrange(12))
        if self.tool in ("claude-code", "quill") and random.random() < 0.22:
            outcome = "passed" if random.random() < 0.72 else "failed"
            duration_ms = random.randrange(900, 45_000)
            self._tell(TestRun, duration_ms, runner=self.project.runner, outcome=outcome, duration_ms=duration_ms)

    def _response(self) -> None:
        random = self.random
        duration_ms = int(random.lognormvariate(8.6, 0.6))
        output = int(random.lognormvariate(5.6, 0.8)) + 20
        fresh, written = random.randrange(3, 400), 0
        if self.tool == "claude-code":
            written = random.randrange(300, 4_200)
        else:
            fresh += random.randrange(200, 3_000)
        tokens = (fresh, output, self.context, written)
        self.context = min(180_000, self.context + fresh + output + written)
        thought = int(output * random.uniform(0.1, 0.6)) if self.tool in _TELLS_REASONING else 0
        self._tell(
            Response, duration_ms, model=self.model, duration_ms=duration_ms, reasoning_tokens=thought,
            input_tokens=tokens[0], output_tokens=tokens[1], cache_read_tokens=tokens[2], cache_write_tokens=tokens[3],
            cost_usd=_cost_usd(self.model, tokens) if self.tool == "claude-code" else None,
        )  # fmt: skip
        self.active_s += duration_ms // 1000

    def _suggestion(self) -> None:
        random = self.random
        is_rule = self.tool != "copilot-chat" and random.random() < self.automatic
        is_accepted = is_rule or random.random() < self.acceptance
        added, removed = int(random.lognormvariate(2.3, 0.9)), int(random.lognormvariate(1.2, 0.9))
        is_modified = is_accepted and not is_rule and self.tool in ("gemini-cli", "quill") and random.random() < 0.12
        after_ms = 300 if is_rule else random.randrange(1_500, 60_000)
        path = random.choice(self.project.files)
        lines: dict[str, Any] = (
            {} if self.tool in ("claude-code", "codex") else {"lines_added": added, "lines_removed": removed}
        )
        self._tell(
            Suggestion, after_ms, path=path, outcome="accepted" if is_accepted else "rejected", modified=is_modified,
            decided_by="rule" if is_rule else "person", **lines,
        )  # fmt: skip
        self.active_s += after_ms // 1000
        if is_accepted:
            self._lines(added, removed, path)

    def _lines(self, added: int, removed: int, path: str | None = None) -> None:
        """Claude Code and Copilot's command line tell lines by counters, at the end."""
        self.added += added
        self.removed += removed
        if self.tool not in _COUNT_LINES and path and (added or removed):
            self._tell(Activity, 20, path=path, lines_added=added, lines_removed=removed)
            if self.tool in ("copilot-chat", "quill"):
                self._survival(path, added)

    def _survival(self, path: str, lines: int) -> None:
        """An editor tells it after minutes; who sees the commit compares with what was committed."""
        kept = 1.0 if self.random.random() < 0.5 else round(self.random.betavariate(4, 1.4), 3)
        if self.tool != "quill":
            self._tell(Edit, 1, path=path, horizon="minutes", distance=round(1 - kept, 3))
        elif lines:
            distance, left = round(1 - kept, 3), round(lines * kept)
            self._tell(Edit, 1, path=path, horizon="commit", distance=distance, lines=lines, lines_kept=left)

    def _finish(self) -> None:
        random = self.random
        if self.tool in _COUNT_LINES and (self.added or self.removed):
            self._tell(Activity, 500, model=self.model, lines_added=self.added, lines_removed=self.removed)
        if self.tool in TELLS_COMMITS and self.added:
            self._tell(Activity, 1, active_seconds=float(self.active_s + 30))
            commits = int(random.random() < 0.62) + int(random.random() < 0.2)
            if commits:
                pull_requests = int(random.random() < 0.3)
                self._tell(Git, 2_000, commits=commits, pull_requests=pull_requests)


_COUNT_LINES = frozenset({"claude-code", "copilot"})
_TOPICS = ("basket", "refunds", "search", "limits", "retry", "labels", "export", "cache", "upgrade", "cleanup")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _uuid(random: Random) -> str:
    digits = f"{random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _cost_usd(model: str, tokens: tuple[int, int, int, int]) -> float:
    """To the micro-dollar."""
    prices = _PRICES["-".join(model.split("-")[:2])]
    return round(sum(count * price for count, price in zip(tokens, prices, strict=True))) / 1e6
