"""What the simulator meant, added up as the usage API does: to compare what arrived with what was sent."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from events.schema import Activity, Event, Git, Prompt, Response, Suggestion


@dataclass
class Totals:
    """Sums by tool, tokens and requests by (tool, model)."""

    tokens: Counter[tuple[str, str | None, str]] = field(default_factory=Counter)
    """By (tool, model, kind); the kinds are named as in the answer of the usage API, `requests` among them."""
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (tool, name), named as there: prompts, accepted, rejected, auto, lines_added, commits, sessions …"""
    cost_micros: int = 0
    """Of what the tools told themselves."""
    sessions: set[tuple[str, str]] = field(default_factory=set)
    events: int = 0

    def add(self, events: Iterable[Event]) -> None:
        for event in events:
            self.events += 1
            if event.session and (event.tool, event.session) not in self.sessions:
                self.sessions.add((event.tool, event.session))
                self.counts[event.tool, "sessions"] += 1
            self._add(event)

    def _add(self, event: Event) -> None:
        count, tool = self.counts, event.tool
        if isinstance(event, Response):
            self._add_response(event)
        elif isinstance(event, Prompt):
            count[tool, "prompts"] += 1
        elif isinstance(event, Suggestion):
            count[tool, "auto" if event.decided_by == "rule" else event.outcome] += 1
        elif isinstance(event, Activity):
            count[tool, "lines_added"] += event.lines_added
            count[tool, "lines_removed"] += event.lines_removed
        elif isinstance(event, Git):
            count[tool, "commits"] += event.commits
            count[tool, "pull_requests"] += event.pull_requests

    def _add_response(self, event: Response) -> None:
        by = (event.tool, event.model)
        self.tokens[*by, "requests"] += event.requests
        self.tokens[*by, "input"] += event.input_tokens
        self.tokens[*by, "output"] += event.output_tokens
        self.tokens[*by, "cache_read"] += event.cache_read_tokens
        self.tokens[*by, "cache_write"] += event.cache_write_tokens
        self.tokens[*by, "reasoning"] += event.reasoning_tokens
        self.cost_micros += round((event.cost_usd or 0.0) * 1e6)
