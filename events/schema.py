"""The normalised event: what every tool's report becomes. Pure: no Django, no HTTP, no clock.

The kinds are a small closed set, each with only the fields that mean something to it. This is an allow-list: what has
no field here can't be stored, so prompt text and source code have no way in. The same structs decode the product's own
`POST /api/v1/events`, so this file is also that wire's schema.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Key = Annotated[str, Meta(min_length=1, max_length=300)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Tokens = Annotated[int, Meta(ge=0, le=2_000_000_000)]
Lines = Annotated[int, Meta(ge=0, le=10_000_000)]
Milliseconds = Annotated[int, Meta(ge=0, le=2_000_000_000)]
Seconds = Annotated[float, Meta(ge=0, le=2_000_000)]
Dollars = Annotated[float, Meta(ge=0, le=100_000)]
Share = Annotated[float, Meta(ge=0, le=1)]
Moment = Annotated[datetime, Meta(tz=True)]

PathClass = Literal[
    "test",
    "migration",
    "serializer",
    "view",
    "model",
    "numeric",
    "client",
    "template",
    "build",
    "docs",
    "config",
    "other",
]


class TaskType(StrEnum):
    """In the order of the table. Values are stored: never rename one."""

    MIGRATION = "migration"
    TEST = "test"
    SERIALIZER = "serializer"
    ENDPOINT = "endpoint"
    CLIENT = "client"
    MODEL = "model"
    NUMERIC = "numeric"
    DATA = "data"
    FRONT_END = "front-end"
    BUILD = "build"
    DOCS = "docs"
    CONFIG = "config"
    REFACTOR = "refactor"
    OTHER = "other"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    TaskType.MIGRATION: "Migrations",
    TaskType.TEST: "Tests",
    TaskType.SERIALIZER: "Serializers",
    TaskType.ENDPOINT: "API endpoints",
    TaskType.CLIENT: "Clients",
    TaskType.MODEL: "Models",
    TaskType.NUMERIC: "Numeric code",
    TaskType.DATA: "Data code",
    TaskType.FRONT_END: "Front end",
    TaskType.BUILD: "Build and CI",
    TaskType.DOCS: "Docs",
    TaskType.CONFIG: "Configuration",
    TaskType.REFACTOR: "Refactors",
    TaskType.OTHER: "Other",
}


class Kind(IntEnum):
    """Stored numbers of the kinds: never renumber, only append."""

    PROMPT = 1
    RESPONSE = 2
    SUGGESTION = 3
    EDIT = 4
    TEST_RUN = 5
    QUALITY = 6
    ACTIVITY = 7
    GIT = 8


# gc=False: a fact holds no containers, and a thousand at once needn't be looked through for circles.
class Fact(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="kind", gc=False):
    """What all kinds share. `id` is the fact's natural key in its channel: the same fact told again has the same
    `id` and the same `at`, and is stored once. Times need a zone. Who did it: the strongest of `email`, `github`
    (login) and `user` (the tool's own user id); without any, the person whose key sent it."""

    number: ClassVar[Kind]

    id: Key
    at: Moment
    tool: Name
    tool_version: Name | None = None
    session: Key | None = None
    model: Name | None = None
    repository: Name | None = None
    branch: Name | None = None
    language: Name | None = None
    path_class: PathClass | None = None
    task_type: TaskType | None = None
    """The kind of work, where the organization's own rules or the sender know better than class and language."""
    path: Annotated[str, Meta(min_length=1, max_length=4096)] | None = None
    """Only on its way in: a source turns it into language, path class, task type and, keyed, `path_hash`; it is never
    stored."""
    path_hash: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    email: Name | None = None
    github: Name | None = None
    user: Name | None = None


class Prompt(Fact, tag="prompt"):
    """A person asked for something. No text, no length of it."""

    number = Kind.PROMPT


class Response(Fact, tag="response"):
    """A model call. `input_tokens` is net of cache reads and writes; `output_tokens` includes reasoning;
    `reasoning_tokens` is the part of it that is known. `requests` is 0 where a wire tells tokens but not calls.
    `cost_usd` is the tool's own figure; None where it gives none."""

    number = Kind.RESPONSE

    requests: Count = 1
    input_tokens: Tokens = 0
    output_tokens: Tokens = 0
    cache_read_tokens: Tokens = 0
    cache_write_tokens: Tokens = 0
    reasoning_tokens: Tokens = 0
    cost_usd: Dollars | None = None
    duration_ms: Milliseconds | None = None


class Suggestion(Fact, tag="suggestion"):
    """A decision on generated code. `decided_by` a rule: configuration, hook or automatic approval.
    `modified`: accepted after the person changed it. `form`: an edit an agent proposed, or an inline completion."""

    number = Kind.SUGGESTION

    outcome: Literal["accepted", "rejected"]
    decided_by: Literal["person", "rule"]
    count: Count = 1
    modified: bool = False
    form: Literal["edit", "completion"] = "edit"
    lines_added: Lines = 0
    lines_removed: Lines = 0


class Edit(Fact, tag="edit"):
    """What became of accepted code. `distance` 0 (kept as it was) to 1 (all rewritten) at a `horizon`."""

    number = Kind.EDIT

    horizon: Literal["minutes", "commit", "merge"]
    distance: Share
    lines: Lines = 0
    lines_kept: Lines = 0


class TestRun(Fact, tag="test_run"):
    """A run of tests. `none`: it ran, but no test did. `unknown`: its exit status doesn't tell."""

    __test__: ClassVar[bool] = False  # not a class of tests, whatever its name says to pytest

    number = Kind.TEST_RUN

    runner: Name
    outcome: Literal["passed", "failed", "none", "unknown"]
    place: Literal["local", "ci"] = "local"
    duration_ms: Milliseconds | None = None


class Quality(Fact, tag="quality"):
    """What an analyser found in a change."""

    number = Kind.QUALITY

    analyser: Name
    violations: Count = 0
    lines: Lines = 0
    complexity: Annotated[float, Meta(ge=0, le=100_000)] | None = None


class Activity(Fact, tag="activity"):
    """Active time and lines changed, as a tool counts them. `origin`: who wrote the lines."""

    number = Kind.ACTIVITY

    active_seconds: Seconds = 0.0
    lines_added: Lines = 0
    lines_removed: Lines = 0
    origin: Literal["ai", "human"] = "ai"


class Git(Fact, tag="git"):
    """Commits, pushes and pull requests made through the tool."""

    number = Kind.GIT

    commits: Count = 0
    pushes: Count = 0
    pull_requests: Count = 0


Event = Prompt | Response | Suggestion | Edit | TestRun | Quality | Activity | Git
KINDS: Mapping[str, type[Fact]] = {
    "prompt": Prompt, "response": Response, "suggestion": Suggestion, "edit": Edit,
    "test_run": TestRun, "quality": Quality, "activity": Activity, "git": Git,
}  # fmt: skip


Sha = Annotated[str, Meta(pattern="^[0-9A-Fa-f]{40}([0-9A-Fa-f]{24})?$")]
LineRange = tuple[Annotated[int, Meta(ge=1, le=10_000_000)], Annotated[int, Meta(ge=1, le=10_000_000)]]


class CommitFile(Struct, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a commit says of one file: the lines of it, after the commit, that a tool wrote (`ai_ranges`, both ends
    included), or only how many. The path is kept, as GitHub's are."""

    path: Annotated[str, Meta(min_length=1, max_length=1000)]
    ai_ranges: Annotated[tuple[LineRange, ...], Meta(max_length=20_000)] = ()
    ai_lines: Lines | None = None
    human_lines: Lines | None = None


class Commit(
    Struct, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="kind", tag="commit"
):
    """A commit that a client reports. Its natural key is (repository, sha); evidence for linking, never a count.
    `at`: when it was made. `patch_id`: of `git patch-id --stable`, by which it is found again once it was rewritten."""

    sha: Sha
    at: Moment
    tool: Name
    repository: Name | None = None
    branch: Name | None = None
    session: Key | None = None
    model: Name | None = None
    authored_at: Moment | None = None
    parents: Annotated[tuple[Sha, ...], Meta(max_length=64)] = ()
    tree_sha: Sha | None = None
    patch_id: Sha | None = None
    files: Annotated[tuple[CommitFile, ...], Meta(max_length=3_000)] = ()
    email: Name | None = None
    github: Name | None = None
    user: Name | None = None


class AttributedLines(Struct, kw_only=True, frozen=True):
    """Lines of one file that one session of a tool wrote, as of one commit. `source`: who says so."""

    source: str
    repository: str
    sha: str
    path: str
    tool: str
    model: str
    session: str
    ai_lines: int
    human_lines: int | None
    ranges: tuple[tuple[int, int], ...]


CounterName = Literal[
    "requests", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens",
    "cost_usd", "count", "lines_added", "lines_removed", "active_seconds", "commits", "pull_requests",
]  # fmt: skip


class Point(Struct, kw_only=True, frozen=True):
    """One point of a cumulative series. `event` is the fact that the increase since the point before (by time) is of,
    with its counters at zero; the ledger sets `counter` of it to that increase. `series` names resource, scope, metric
    and attributes; a new `start`, or a decrease in time order, is a reset."""

    series: str
    start_ns: int
    at: datetime
    value: float
    counter: CounterName
    event: Response | Suggestion | Activity | Git
