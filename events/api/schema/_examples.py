"""Answers of the query API as they look. Tests hold each against its schema."""

from typing import Any, Final

_READING: Final[dict[str, Any]] = {
    "value": 0.44, "n": 250, "numerator": 110, "denominator": 250, "interval": [0.371, 0.511], "coverage": None,
    "range": {"low": 0.25, "high": 0.6, "source": "A common benchmark."},
    "previous": {"value": 0.31, "n": 240, "change_interval": [0.034, 0.222]}, "verdict": "in_range",
    "change": "probably_real",
}  # fmt: skip
_NAMED: Final[dict[str, Any]] = {
    "metric": "acceptance-rate", "label": "Suggestion acceptance rate", "unit": "share", "noun": "suggestions",
    "version": 1,
}  # fmt: skip
_WINDOW: Final = {"from": "2026-10-26", "to": "2026-11-23"}
_BEFORE: Final = {"from": "2026-09-28", "to": "2026-10-26"}
METRICS: Final[dict[str, Any]] = {
    "metrics": [
        {
            "slug": "acceptance-rate", "label": "Suggestion acceptance rate", "short": "Acceptance rate",
            "is_headline": True, "unit": "share", "noun": "suggestions", "direction": "neither",
            "definition": "The share of suggested edits that people accept, of those on which a person decided.",
            "formula": "accepted ÷ (accepted + rejected), decided by a person",
            "population": "Edits proposed by an agent and decided by a person.",
            "care": "An approval for a whole session is one decision.", "minimum": 100,
            "range": {"low": 0.25, "high": 0.6, "source": "A common benchmark."}, "domain": [0, 1],
            "is_behaviour": True, "dimensions": ["task", "model", "tool", "repo", "lang"], "version": 1,
            "example": {"words": "Of 250 edits 110 were accepted: 110 ÷ 250 = 44.0%.", "value": 0.44},
        }
    ]
}  # fmt: skip
METRIC: Final[dict[str, Any]] = {
    **_NAMED, "team": "payments", "filters": {}, "by": "tool", "window": _WINDOW, "compared": _BEFORE, **_READING,
    "withheld_weeks": 0, "rows": [{"key": "claude-code", "label": "claude-code", **_READING}],
    "adds_up": ["n", "numerator", "denominator"],
}  # fmt: skip
SERIES: Final[dict[str, Any]] = {
    **_NAMED, "team": "payments", "filters": {"tool": "claude-code"}, "window": _WINDOW,
    "weeks": [{"week": "2026-10-26", **_READING, "previous": None, "change": None}],
}  # fmt: skip
ME: Final[dict[str, Any]] = {"window": _WINDOW, "compared": _BEFORE, "metrics": [{**_NAMED, **_READING}]}
PULL: Final[dict[str, Any]] = {
    "id": 4711, "repository": "acme/shop", "number": 482, "title": None,
    "url": "https://github.com/acme/shop/pull/482", "state": "merged", "is_draft": False, "is_mine": False,
    "opened_at": "2026-11-17T09:12:44Z", "merged_at": "2026-11-17T10:02:10Z", "closed_at": "2026-11-17T10:02:10Z",
    "integrated_at": "2026-11-17T10:02:10Z", "ai_class": "ai", "task": "endpoint", "size": "2",
    "change_class": "feature_with_tests", "lines_added": 64, "lines_removed": 12, "latency_seconds": 4210,
    "latency_state": "measured", "defect": None,
}  # fmt: skip
DEFECT: Final[dict[str, Any]] = {
    "id": 88, "repository": "acme/shop", "kind": "fix", "detected_at": "2026-11-20T08:00:00Z", "issue": 1931,
    "fix_repository": "acme/shop", "fix_number": 490, "fix_sha": None, "origin_id": 4711,
    "origin_repository": "acme/shop", "origin_number": 482, "tier": "probable", "method": "traced", "share": 0.9,
    "weight": 1.0, "lag_seconds": 251870, "decision": None,
}  # fmt: skip
PULL_DETAIL: Final[dict[str, Any]] = {
    **PULL, "ready_at": None, "first_review_at": "2026-11-17T09:40:00Z", "approved_at": "2026-11-17T09:58:00Z",
    "integration": "squash", "changed_files": 3, "commits": 2, "source_lines_added": 60, "ai_lines": 51,
    "ai_tools": ["claude-code"], "ai_models": ["claude-sonnet-4-5"],
    "stages": [{"stage": "accepted", "seconds": 300}, {"stage": "committed", "seconds": 3910}],
    "evidence": [{"kind": "trailer", "tool": "claude-code", "model": None, "role": "author"}],
    "escapes": [{"horizon_days": 30, "state": "pending", "due_at": "2026-12-17T10:02:10Z", "defects": 0}],
    "defects": [DEFECT],
}  # fmt: skip
TEAMS: Final[dict[str, Any]] = {"rows": [{"slug": "payments", "name": "Payments", "people": 7}]}
REPOSITORIES: Final[dict[str, Any]] = {"rows": [{"id": 12, "name": "acme/shop", "key": "github.com/acme/shop"}]}
ARRIVALS: Final = {
    "tools": [
        {
            "tool": "claude-code", "events": 212, "tokens": 1204871, "cost_usd": 1.94, "sessions": 3,
            "with_repository": 209, "last_at": "2026-11-23T16:40:12+00:00",
        }
    ]
}  # fmt: skip
