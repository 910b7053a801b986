"""The messages of OTLP in JSON, typed for the fast decoder. Names are lowerCamelCase, as the protocol demands.

Numbers may be written as text (`"asInt": "1"`): senders do both. What no source reads has no field and is skipped
without being decoded: trace ids, events, links, exemplars, buckets. Each item's struct is flat for the same reason.
"""

from msgspec import Raw, Struct, field

NOTHING = Raw()


class Value(Struct, rename="camel", gc=False):
    """An attribute's value. Lists and maps are content that no source reads: only their depth is looked at."""

    string_value: str | None = None
    int_value: int | str | None = None
    double_value: float | str | None = None
    bool_value: bool | None = None
    array_value: Raw = NOTHING
    kvlist_value: Raw = NOTHING


class Pair(Struct, gc=False):
    key: str = ""
    value: Value = field(default_factory=Value)


class Log(Struct, rename="camel", gc=False):
    time_unix_nano: int | str = 0
    observed_time_unix_nano: int | str = 0
    event_name: str = ""
    attributes: list[Pair] = []
    body: Raw = NOTHING


class Number(Struct, rename="camel", gc=False):
    """A data point of any kind: a number has `as_int` or `as_double`, a histogram `sum` and `count`."""

    start_time_unix_nano: int | str = 0
    time_unix_nano: int | str = 0
    as_int: int | str | None = None
    as_double: float | str | None = None
    sum: float | str | None = None
    count: int | str = 0
    flags: int | str = 0
    attributes: list[Pair] = []


class Status(Struct, gc=False):
    code: int | str = 0


class Trace(Struct, rename="camel", gc=False):
    name: str = ""
    span_id: str = ""
    start_time_unix_nano: int | str = 0
    end_time_unix_nano: int | str = 0
    status: Status = field(default_factory=Status)
    attributes: list[Pair] = []


class Data(Struct, rename="camel"):
    aggregation_temporality: int | str = 0
    data_points: list[Number] = []


class Metric(Struct, rename="camel"):
    name: str = ""
    sum: Data | None = None
    gauge: Data | None = None
    histogram: Data | None = None
    exponential_histogram: Data | None = None


class Scope(Struct):
    name: str = ""


class Resource(Struct):
    attributes: list[Pair] = []


class ScopeLogs(Struct, rename="camel"):
    scope: Scope = field(default_factory=Scope)
    log_records: list[Log] = []


class ResourceLogs(Struct, rename="camel"):
    resource: Resource = field(default_factory=Resource)
    scope_logs: list[ScopeLogs] = []


class Logs(Struct, rename="camel"):
    resource_logs: list[ResourceLogs] = []


class ScopeMetrics(Struct, rename="camel"):
    scope: Scope = field(default_factory=Scope)
    metrics: list[Metric] = []


class ResourceMetrics(Struct, rename="camel"):
    resource: Resource = field(default_factory=Resource)
    scope_metrics: list[ScopeMetrics] = []


class Metrics(Struct, rename="camel"):
    resource_metrics: list[ResourceMetrics] = []


class ScopeSpans(Struct, rename="camel"):
    scope: Scope = field(default_factory=Scope)
    spans: list[Trace] = []


class ResourceSpans(Struct, rename="camel"):
    resource: Resource = field(default_factory=Resource)
    scope_spans: list[ScopeSpans] = []


class Traces(Struct, rename="camel"):
    resource_spans: list[ResourceSpans] = []
