"""What happened in the linked sessions: prompt by prompt where the reader may see that, else as sums.

A closed session adds no time of its own: its sums stand at the first prompt, which the stages tell anyway, and reach
to the first commit or to the opening, which the vendor tells.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from codecard.lib.formats import compact, count, counted, duration
from codecard.lib.svg.lanes import Moment, Stretch
from events.dashboards.pulls.entry import Entry, Lane, Told
from events.dashboards.pulls.words import PLACES, method_words, tool_name
from events.models import PATH_CLASSES, Outcome, SessionLink, path_class_in
from events.queries.pull_request_timeline import TimelineEvent
from events.schema import Kind

ACCEPTED = (Outcome.ACCEPTED, Outcome.AUTO_ACCEPTED, Outcome.COMPLETION_ACCEPTED)
REJECTED = (Outcome.REJECTED, Outcome.AUTO_REJECTED, Outcome.COMPLETION_REJECTED)
TEST_WORDS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.NO_TESTS: "no tests",
    Outcome.UNKNOWN: "unknown",
}
_CLASS_WORDS = {number: PLACES[name] for name, number in PATH_CLASSES.items() if name in PLACES}
TOKENS = ("input_tokens", "output_tokens", "cache_write_tokens")
"""What counts as tokens of a pull request: METRICS.md 3, without what was read from a cache."""


@dataclass(slots=True)
class Turn:
    """A prompt and what followed it in its session, up to the next one. `number`: 0 for what came before the first."""

    at: datetime
    session_id: int
    number: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    accepted: int = 0
    rejected: int = 0
    lines: int = 0
    models: set[int] = field(default_factory=set)
    places: Counter[str] = field(default_factory=Counter)
    tests: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"prompt-{self.number}" if self.number else f"session-{self.session_id}-{int(self.at.timestamp())}"


def tell_open(
    events: Sequence[TimelineEvent], links: Iterable[SessionLink], names: dict[int, str]
) -> tuple[Told, list[Turn]]:
    """The sessions whose events the reader may see."""
    by_session = {link.session_id: link for link in links}
    turns, told = _turns(events), Told()
    of_event = _turn_of_each(events, turns)
    is_first_test = True
    for event, turn in zip(events, of_event, strict=True):
        _note(turn, event, names)
        told.moments += _moments(event, turn, names)
        told.stretches += _stretches(event, turn)
        if event.kind is Kind.TEST_RUN and is_first_test:
            is_first_test = False
            told.entries.append(_first_test(event, by_session.get(event.session_id)))
    told.entries += [
        _entry(turn, by_session[turn.session_id], names) for turn in turns if turn.session_id in by_session
    ]
    return told, turns


def turns_of(events: Sequence[TimelineEvent], names: dict[int, str]) -> list[Turn]:
    """Each prompt with what followed it. `names` of models and languages."""
    turns = _turns(events)
    for event, turn in zip(events, _turn_of_each(events, turns), strict=True):
        _note(turn, event, names)
    return turns


def _turns(events: Sequence[TimelineEvent]) -> list[Turn]:
    """One for each prompt, numbered by time; and one for each session that begins without."""
    turns, seen, number = [], set[int](), 0
    for event in events:
        if event.kind is Kind.PROMPT:
            number += 1
            turns.append(Turn(event.at, event.session_id, number))
        elif event.session_id not in seen:
            turns.append(Turn(event.at, event.session_id))
        seen.add(event.session_id)
    return turns


def _turn_of_each(events: Sequence[TimelineEvent], turns: Sequence[Turn]) -> list[Turn]:
    waiting, open_turns, found = list(turns), dict[int, Turn](), []
    for event in events:
        begins = event.kind is Kind.PROMPT or event.session_id not in open_turns
        if begins:
            open_turns[event.session_id] = waiting.pop(0)
        found.append(open_turns[event.session_id])
    return found


def _note(turn: Turn, event: TimelineEvent, names: dict[int, str]) -> None:
    turn.tokens_in += event.tokens_in
    turn.tokens_out += event.tokens_out
    if event.model_id:
        turn.models.add(event.model_id)
    if event.kind is Kind.SUGGESTION:
        turn.accepted += event.count if event.outcome in ACCEPTED else 0
        turn.rejected += event.count if event.outcome in REJECTED else 0
        turn.lines += event.lines_added if event.outcome in ACCEPTED else 0
        if place := _place(event, names):
            turn.places[place] += 1
    if event.kind is Kind.TEST_RUN:
        turn.tests.append(TEST_WORDS.get(Outcome(event.outcome), "unknown"))


def _place(event: TimelineEvent, names: dict[int, str]) -> str:
    """The kind of files that a suggestion was for; their paths aren't known."""
    language = names.get(event.language_id, "").capitalize()
    kind = _CLASS_WORDS.get(path_class_in(event.path_class), "")
    return " ".join(filter(None, [language, kind]))


def _moments(event: TimelineEvent, turn: Turn, names: dict[int, str]) -> list[Moment]:
    href = f"#{turn.key}"
    if event.kind is Kind.PROMPT:
        return [Moment(lane=Lane.PROMPTS, at=event.at, kind="prompt", words=f"Prompt {turn.number}", href=href)]
    if event.kind is Kind.SUGGESTION:
        is_accepted = event.outcome in ACCEPTED
        size = f" {counted(event.lines_added, 'line')}" if event.lines_added else ""
        what = " in " + place if (place := _place(event, names)) else ""
        words = f"{'Accepted' if is_accepted else 'Turned down'}{size}{what}"
        kind = "accepted" if is_accepted else "turned_down"
        return [Moment(lane=Lane.SUGGESTIONS, at=event.at, kind=kind, words=words, href=href)]
    if event.kind is Kind.TEST_RUN:
        outcome = TEST_WORDS.get(Outcome(event.outcome), "unknown")
        kind = outcome if outcome in ("passed", "failed") else "other"
        return [
            Moment(
                lane=Lane.TESTS, at=event.at, kind=kind, words=f"Tests on the developer’s machine: {outcome}", href=href
            )
        ]
    return []


def _stretches(event: TimelineEvent, turn: Turn) -> list[Stretch]:
    if event.kind is not Kind.ACTIVITY or not (event.active_ms or event.lines_added or event.lines_removed):
        return []
    active = timedelta(milliseconds=min(event.active_ms, 3_600_000))
    lines = f"+{count(event.lines_added)} −{count(event.lines_removed)} lines"
    words = f"Active for {duration(active.total_seconds())}" if event.active_ms else "Edited"
    if event.lines_added or event.lines_removed:
        words += f", {lines}{' by hand' if event.is_human else ''}"
    return [
        Stretch(lane=Lane.EDITS, start=event.at - active, end=event.at, kind="edit", words=words, href=f"#{turn.key}")
    ]


def _entry(turn: Turn, link: SessionLink, names: dict[int, str]) -> Entry:
    tool = tool_name(names.get(link.session.tool_id, ""))
    title = f"Prompt {turn.number}" if turn.number else "Work before the first prompt"
    models = ", ".join(sorted(names[one] for one in turn.models if one in names))
    sure, why = method_words(link)
    return Entry(
        at=turn.at, key=turn.key, icon="prompt", tone="acc", title=", ".join(filter(None, [title, tool, models])),
        words=_turn_words(turn), sure=sure, why=why,
    )  # fmt: skip


def _turn_words(turn: Turn) -> str:
    parts = []
    if turn.tokens_in or turn.tokens_out:
        parts.append(f"{compact(turn.tokens_in)} tokens in, {compact(turn.tokens_out)} out")
    decided = []
    if turn.accepted:
        size = f", {counted(turn.lines, 'line')}" if turn.lines else ""
        decided.append(f"{counted(turn.accepted, 'suggestion')} accepted{size}")
    if turn.rejected:
        decided.append(f"{count(turn.rejected)} turned down")
    if decided:
        where = ", ".join(place for place, _ in turn.places.most_common(3))
        parts.append(", ".join(decided) + (f", in {where}" if where else ""))
    if turn.tests:
        runs = Counter(turn.tests)
        parts.append(
            "Tests " + ", ".join(f"{word} {counted(n, 'time')}" if n > 1 else word for word, n in runs.items())
        )
    return ". ".join(parts) + "." if parts else ""


def _first_test(event: TimelineEvent, link: SessionLink | None) -> Entry:
    outcome = TEST_WORDS.get(Outcome(event.outcome), "unknown")
    runner = f" of {event.runner}" if event.runner else ""
    title = {"no tests": "The first test run had no tests", "unknown": "First test run, outcome unknown"}.get(
        outcome, f"First test run{runner} {outcome}"
    )
    sure, why = method_words(link) if link else ("", "")
    words = (
        "On the developer’s machine. Counts as a first-run pass there."
        if outcome == "passed"
        else "On the developer’s machine."
    )
    tone = {"passed": "ok", "failed": "warn"}.get(outcome, "dim")
    return Entry(at=event.at, key="first-test", icon="flask", tone=tone, title=title, words=words, sure=sure, why=why)


# --- closed ones -----------------------------------------------------------------------------------------------------


def total(links: Iterable[SessionLink], *names: str) -> int:
    """Of the slices, by the share that this pull request has of each."""
    return round(sum(float(link.sums.get(name, 0)) * link.share for link in links for name in names))


def tell_closed(links: Sequence[SessionLink], start: datetime | None, end: datetime) -> Told:
    """All of them together: "12 prompts in 2 sessions". `start`: the first prompt, where it is known."""
    told = Told()
    if not links:
        return told
    prompts, sessions = total(links, "prompts"), counted(len(links), "session")
    accepted = total(links, "accepted", "auto_accepted", "completions_accepted")
    rejected = total(links, "rejected", "auto_rejected", "completions_rejected")
    title = f"{counted(prompts, 'prompt')} in {sessions}"
    decided = f"{counted(accepted, 'suggestion')} accepted, {count(rejected)} turned down"
    tokens = total(links, *TOKENS)
    parts = [f"{compact(tokens)} tokens" if tokens else "", decided if accepted or rejected else ""]
    sure, why = method_words(links[0])
    at = start or end
    words = ". ".join(filter(None, parts))
    told.entries.append(Entry(
        at=at, key="sessions", icon="prompt", tone="acc", title=title, sure=sure, why=why, is_timed=False,
        words=f"{words}. When each prompt was made is shown to those who made them." if words else "",
    ))  # fmt: skip
    if start and start < end:
        told.stretches.append(Stretch(
            lane=Lane.PROMPTS, start=start, end=end, kind="sum", words=title, text=title, href="#sessions"
        ))  # fmt: skip
        if accepted or rejected:
            told.stretches.append(Stretch(
                lane=Lane.SUGGESTIONS, start=start, end=end, kind="sum", words=decided, text=decided, href="#sessions"
            ))  # fmt: skip
    return told
