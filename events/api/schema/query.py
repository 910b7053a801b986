"""How the query API stands in the schema. The same tables as the views use, so that neither can know more values."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view

from codecard.lib.formats import Unit
from events.answers.answering import LAST
from events.api.schema._examples import (
    ARRIVALS,
    DEFECT,
    ME,
    METRIC,
    METRICS,
    PULL,
    PULL_DETAIL,
    REPOSITORIES,
    SERIES,
    TEAMS,
)
from events.api.schema._parts import COUNT, REF, THIS_CENTURY, Decorator, a_problem, an_object
from events.metrics import all_metrics
from events.metrics._base import By, Direction
from events.models import (
    AiClass,
    ChangeClass,
    EscapeState,
    LatencyState,
    PullRequestState,
    SignalKind,
    SizeStratum,
    Tier,
    Verdict,
)
from events.task_types import TaskType

SLUGS: Final = [metric.slug for metric in all_metrics()]
TASKS: Final = [task.value for task in TaskType]
SIZES: Final = [str(size.value) for size in SizeStratum if size]


def maybe(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": [kind, "null"], **more}


def one_of(values: Sequence[str], *, or_null: bool = False) -> dict[str, Any]:
    return {"type": ["string", "null"] if or_null else "string", "enum": [*values, *([None] if or_null else [])]}


def either_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"oneOf": [dict(schema), {"type": "null"}]}


def listed(schema: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": dict(schema), **more}


def ref(name: str) -> dict[str, Any]:
    return {"$ref": REF.format(name=name)}


def closed(properties: Mapping[str, Any], description: str = "") -> dict[str, Any]:
    """An object with all of these and no others."""
    return {**an_object(dict(properties), description), "additionalProperties": False}


NUMBER, TEXT = maybe("number"), {"type": "string"}
WHOLE = maybe("integer")
MOMENT = {"type": "string", "format": "date-time"}
MAYBE_MOMENT = maybe("string", format="date-time")
DAY = {**THIS_CENTURY, "format": "date"}
PAIR = either_null(listed(NUMBER, minItems=2, maxItems=2))
DAYS = closed({"from": DAY, "to": {**DAY, "description": "The day after the last."}})
READING: Final = {
    "value": {**NUMBER, "description": "In the metric's unit: shares 0 to 1, durations in seconds. Null: none."},
    "n": {**COUNT, "description": "Cases. Adds up over rows."},
    "numerator": {**NUMBER, "description": "Adds up over rows. Null where the value is no ratio."},
    "denominator": NUMBER,
    "interval": {**PAIR, "description": "95% interval of the value."},
    "coverage": {**NUMBER, "description": "Of which share of the cases there is data. Null: can't be known."},
    "range": either_null(ref("HealthyRange")),
    "previous": {
        **either_null(closed({"value": NUMBER, "n": COUNT, "change_interval": PAIR})),
        "description": "Of the compared window. Null where nothing is compared, or too few are on a side.",
    },
    "verdict": one_of(
        ["in_range", "below_range", "above_range", "too_few", "partial", "withheld", "no_range", "no_data"]
    ),
    "change": one_of(["probably_real", "no_clear_change"], or_null=True),
}
NAMED: Final = {
    "metric": one_of(SLUGS), "label": TEXT, "unit": one_of(list(Unit)), "noun": TEXT,
    "version": {"type": "integer", "minimum": 1},
}  # fmt: skip
HEAD: Final = {**NAMED, "team": maybe("string"), "filters": {"type": "object", "additionalProperties": TEXT}}
DEFECT_FIELDS: Final = {
    "id": {**COUNT, "description": "Of the trace: a defect and one pull request."},
    "repository": TEXT,
    "kind": one_of(SignalKind.values),
    "detected_at": MOMENT,
    "issue": WHOLE,
    "fix_repository": maybe("string"),
    "fix_number": WHOLE,
    "fix_sha": maybe("string"),
    "origin_id": COUNT,
    "origin_repository": TEXT,
    "origin_number": COUNT,
    "tier": one_of(Tier.values),
    "method": TEXT,
    "share": {**NUMBER, "description": "Of the lines that the fix changed."},
    "weight": {"type": "number", "description": "1/k where k pull requests have the defect."},
    "lag_seconds": {"type": "integer"},
    "decision": one_of(Verdict.values, or_null=True),
}
PULL_FIELDS: Final = {
    "id": COUNT, "repository": TEXT, "number": COUNT, "title": maybe("string"), "url": TEXT,
    "state": one_of(PullRequestState.values), "is_draft": {"type": "boolean"},
    "is_mine": {"type": "boolean", "description": "Whether the reader opened it. No other author is told."},
    "opened_at": MOMENT, "merged_at": MAYBE_MOMENT, "closed_at": MAYBE_MOMENT,
    "integrated_at": {**MAYBE_MOMENT, "description": "When it was on the default branch."},
    "ai_class": one_of(AiClass.values), "task": maybe("string"), "size": one_of(SIZES, or_null=True),
    "change_class": one_of(ChangeClass.values), "lines_added": COUNT, "lines_removed": COUNT,
    "latency_seconds": WHOLE, "latency_state": one_of(LatencyState.values, or_null=True),
    "defect": one_of(Tier.values, or_null=True),
}  # fmt: skip
COMPONENTS: Final[dict[str, Any]] = {
    "HealthyRange": closed({"low": NUMBER, "high": NUMBER, "source": TEXT}),
    "Reading": closed({**NAMED, **READING}),
    "MetricDefinition": closed(
        {
            "slug": one_of(SLUGS), "label": TEXT, "short": TEXT, "is_headline": {"type": "boolean"},
            "unit": one_of(list(Unit)), "noun": TEXT, "direction": one_of(list(Direction)), "definition": TEXT,
            "formula": TEXT, "population": TEXT, "care": TEXT,
            "minimum": {**COUNT, "description": "With fewer cases a number is too few to judge."},
            "range": either_null(ref("HealthyRange")), "domain": listed(NUMBER, minItems=2, maxItems=2),
            "is_behaviour": {"type": "boolean", "description": "Obeys the privacy floor; one dimension at a time."},
            "dimensions": listed(one_of(list(By))), "version": {"type": "integer", "minimum": 1},
            "example": closed({"words": TEXT, "value": NUMBER}),
        }
    ),
    "MetricAnswer": closed(
        {
            **HEAD, "by": one_of(list(By), or_null=True), "window": DAYS, "compared": either_null(DAYS), **READING,
            "withheld_weeks": {**COUNT, "description": "Weeks with data of too few people: in no number."},
            "rows": listed(closed({"key": TEXT, "label": TEXT, **READING})),
            "adds_up": listed(TEXT, description="What of the rows adds up to the total; nothing else does."),
        }
    ),
    "MetricSeries": closed({**HEAD, "window": DAYS, "weeks": listed(closed({"week": DAY, **READING}))}),
    "Me": closed({"window": DAYS, "compared": either_null(DAYS), "metrics": listed(ref("Reading"))}),
    "Pull": closed(PULL_FIELDS),
    "PullDetail": closed(
        {
            **PULL_FIELDS, "ready_at": MAYBE_MOMENT, "first_review_at": MAYBE_MOMENT, "approved_at": MAYBE_MOMENT,
            "integration": maybe("string"), "changed_files": COUNT, "commits": COUNT, "source_lines_added": WHOLE,
            "ai_lines": WHOLE, "ai_tools": listed(TEXT), "ai_models": listed(TEXT),
            "stages": listed(closed({"stage": TEXT, "seconds": WHOLE})),
            "evidence": listed(closed({"kind": TEXT, "tool": TEXT, "model": maybe("string"), "role": TEXT})),
            "escapes": listed(
                closed({
                    "horizon_days": COUNT, "state": one_of(EscapeState.values), "due_at": MOMENT, "defects": COUNT,
                })
            ),
            "defects": listed(ref("DefectTrace")),
        }
    ),
    "DefectTrace": closed(DEFECT_FIELDS),
}  # fmt: skip


# --- parameters ------------------------------------------------------------------------------------------------------


def _text(name: str, description: str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, {"type": "string", "minLength": 1, "maxLength": 300, **more}, description=description)


def _choice(name: str, values: Sequence[str], description: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, enum=list(values), description=description)


ORGANIZATION = OpenApiParameter(
    "organization", {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$", "maxLength": 63},
    description="Slug. For somebody who is signed in and a member of several; a token has its own.",
)  # fmt: skip
PERIOD = [
    _text(
        "p", "Period: `7d`, `28d`, `91d`, or days `2026-11-02..2026-11-30`. Widened to whole weeks.",
        pattern=r"^(7d|28d|91d|\d{4}-\d{2}-\d{2}\.\.\d{4}-\d{2}-\d{2})$",
    ),
    OpenApiParameter("from", DAY, description="First day, instead of `p`. Belongs to `to`."),
    OpenApiParameter("to", DAY, description="Day after the last."),
]  # fmt: skip
VERSUS = _choice("vs", ["prev", "year", "none"], "Compared with the period before, the year before, or nothing.")
NARROWED = [
    _text("team", "Slug of a team; the whole organization without it.", pattern="^[-a-zA-Z0-9_]+$"),
    _choice(By.TASK, [*TASKS, *LAST], "Kind of work."),
    _text(By.MODEL, "Model."),
    _text(By.TOOL, "Tool."),
    _text(By.REPOSITORY, "Key of a repository, such as `github.com/acme/shop`."),
    _text(By.LANGUAGE, "Language."),
    _choice(By.SIZE, [*SIZES, *LAST], f"Changed lines: {', '.join(f'{s.value} {s.label}' for s in SizeStratum if s)}."),
]
REPOSITORY = _text("repository", "`owner/name`, as connected.")
SPAN = [
    OpenApiParameter("since", DAY, description="From this day on, in the organization's time zone."),
    OpenApiParameter("until", DAY, description="Before this day."),
]
PAGED = [
    _text("cursor", "From `next` of the page before.", pattern="^[A-Za-z0-9_-]{22}$"),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 200}, description="Rows; 50 if left out."),
]
METRIC_SLUG = OpenApiParameter("metric", str, OpenApiParameter.PATH, enum=SLUGS, description="Slug of the metric.")
PULL_ID = OpenApiParameter("pull", {"type": "integer", "minimum": 0}, OpenApiParameter.PATH)


# --- operations ------------------------------------------------------------------------------------------------------

_PROBLEMS: Final = {
    400: "A parameter is not known, or can't be read: `errors` says which values are possible.",
    401: "No key, or one that is not known, and nobody signed in.",
    403: "The scope that it names is missing, or the reader's role may not see this.",
    404: "There is no such thing in this organization.",
    406: "It can't be written as `Accept` demands.",
    429: "Too many requests: come back after Retry-After seconds.",
    503: "Overloaded or without its database. Ask again after Retry-After seconds.",
}
_ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=[200, 304],
    description="Weak, of the content: send it as If-None-Match.",
)


def _read(
    operation: str, summary: str, answer: Mapping[str, Any], example: Any, *parameters: OpenApiParameter,
    description: str = "", is_table: bool = False,
) -> Decorator:  # fmt: skip
    found: dict[Any, Any] = {(200, "application/json"): OpenApiResponse(dict(answer), "Read.")}
    if is_table:
        found[(200, "text/csv")] = OpenApiResponse(OpenApiTypes.STR, "The same as a file.")
    found[304] = OpenApiResponse(None, "Unchanged since the ETag that was sent.")
    found |= {(status, "application/problem+json"): a_problem(words) for status, words in _PROBLEMS.items()}
    decorate: Decorator = extend_schema_view(
        get=extend_schema(
            operation_id=operation, summary=summary, description=description or None, responses=found,
            parameters=[*parameters, ORGANIZATION, _ETAG],
            examples=[OpenApiExample(
                summary, value=example, response_only=True, status_codes=["200"], media_type="application/json",
            )],
        )
    )  # fmt: skip
    return decorate


def _page(name: str) -> dict[str, Any]:
    following = maybe("string", format="uri", description="The page after it; null on the last one.")
    return closed({"rows": listed(ref(name)), "next": following})


document_metrics = _read(
    "metrics", "What the metrics mean", closed({"metrics": listed(ref("MetricDefinition"))}), METRICS,
    is_table=True,
)  # fmt: skip
document_metric = _read(
    "metric", "A metric's number", ref("MetricAnswer"), METRIC, METRIC_SLUG, *PERIOD, VERSUS, *NARROWED,
    _choice("by", list(By), "Broken down by. Metrics of behaviour take one of `by` and the filters at a time."),
    description="The same functions as the pages ask, and the same privacy floor.", is_table=True,
)  # fmt: skip
document_series = _read(
    "metric_series", "A metric by week", ref("MetricSeries"), SERIES, METRIC_SLUG, *PERIOD, *NARROWED, is_table=True
)
document_pulls = _read(
    "pulls", "Pull requests", _page("Pull"), {"rows": [PULL], "next": None},
    _choice("state", PullRequestState.values, "State."), _choice("task", TASKS, "Kind of work."), REPOSITORY,
    _choice("ai_class", AiClass.values, "Who wrote it."), _choice("author", ["me"], "One's own. No other is known."),
    *SPAN, *PAGED, description="Those that the reader may open, the newest first. A file holds all of them.",
    is_table=True,
)  # fmt: skip
document_pull = _read("pull", "A pull request", ref("PullDetail"), PULL_DETAIL, PULL_ID)
document_defects = _read(
    "defects", "Defects by trace", _page("DefectTrace"), {"rows": [DEFECT], "next": None}, REPOSITORY,
    _choice("tier", Tier.values, "How sure."),
    _choice("decision", ["undecided", *Verdict.values], "What a person said of it."), *SPAN, *PAGED, is_table=True,
    description="Each defect with each pull request that it is traced to, the newest first.",
)  # fmt: skip
document_me = _read(
    "me", "One's own numbers", ref("Me"), ME, *PERIOD, VERSUS,
    description="Of whose token it is, or who is signed in, and of nobody else.",
)  # fmt: skip
document_arrivals = _read(
    "arrivals", "What arrived from oneself", closed({"tools": listed(closed({
        "tool": TEXT, "events": COUNT, "tokens": COUNT, "cost_usd": {"type": "number"}, "sessions": COUNT,
        "with_repository": COUNT, "last_at": MOMENT,
    }))}), ARRIVALS, description="In the last 24 hours, from the reader's own tools.",
)  # fmt: skip
document_teams = _read(
    "teams", "Teams", closed({"rows": listed(closed({"slug": TEXT, "name": TEXT, "people": COUNT}))}), TEAMS
)
document_repositories = _read(
    "repositories", "Repositories", closed({"rows": listed(closed({"id": COUNT, "name": TEXT, "key": TEXT}))}),
    REPOSITORIES,
)  # fmt: skip
