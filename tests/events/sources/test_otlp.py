"""Bodies of OTLP as senders write them: well formed, odd, and hostile."""

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from events.schema import Event, Prompt
from events.sources import _tolerant, all_sources
from events.sources._base import Context, Parsed, Signal, Unreadable
from events.sources._otlp import ContentType, parse
from tests.events.sources._totals import FIXTURES

CONTEXT = Context(path_key=b"key")
AT = "1795391199621000000"
LOGS = (FIXTURES / "claude-code/git.logs.json").read_bytes()
METRICS = (FIXTURES / "claude-code/git.metrics.json").read_bytes()
BINARY = (FIXTURES / "claude-code/working-day-cumulative.metrics.bin").read_bytes()


def pair(key: str, value: Any) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


def prompt(name: str = "p", **fields: Any) -> dict[str, Any]:
    attributes = [pair("event.name", "user_prompt"), pair("prompt.id", name), pair("session.id", "s")]
    return {"timeUnixNano": AT, "attributes": attributes} | fields


def body(*records: Any, service: Any = "claude-code") -> dict[str, Any]:
    resource = {"attributes": [pair("service.name", service)]}
    return {
        "resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": {"name": "x"}, "logRecords": list(records)}]}]
    }


def logs(*records: Any, **fields: Any) -> Parsed:
    return parsed(json.dumps(body(*records, **fields)))


def parsed(text: str | bytes, signal: Signal = "logs", content_type: ContentType = "json") -> Parsed:
    return parse(signal, text.encode() if isinstance(text, str) else text, content_type, CONTEXT)


def ids(told: Parsed) -> list[str]:
    return [event.id for event in told.events()]


def between(hostile: str) -> Parsed:
    """Two good records, and the hostile one, written as it stands, between them."""
    text = json.dumps(body(prompt("a"), "HOSTILE", prompt("b")))
    return parsed(text.replace('"HOSTILE"', hostile))


def with_value(value: str) -> str:
    next_key = '"key": "session.id"'
    return json.dumps(prompt("bad")).replace(next_key, f'"key": "x", "value": {value}}}, {{{next_key}')


def with_body(value: str) -> str:
    return json.dumps(prompt("bad"))[:-1] + f', "body": {value}}}'


DEEP = [65, 500, 5_000, 100_000]


@pytest.mark.parametrize(
    ("hostile", "reason"),
    [
        ("5", "Expected `object`"),
        ("null", "Expected `object`"),
        ("[]", "Expected `object`"),
        ('{"attributes": 5}', "Expected `array`"),
        ('{"timeUnixNano": "soon", "attributes": []}', "timeUnixNano is not a whole number"),
        ('{"timeUnixNano": -5}', "timeUnixNano is negative"),
        ('{"timeUnixNano": 99999999999999999999}', "timeUnixNano is larger"),
        (with_value('{"intValue": ' + "9" * 5000 + "}"), "a number is too large"),
        (with_value('{"doubleValue": NaN}'), "NaN is not a number"),
        (with_value('{"doubleValue": -Infinity}'), "-Infinity is not a number"),
        (with_value('{"doubleValue": 1e999}'), "a number is too large"),
        (with_value('{"stringValue": 5}'), "Expected `str"),
        (with_value('{"stringValue": "\\ud800"}'), "text is not valid Unicode"),
        (json.dumps(prompt("a\0b")), "prompt.id holds a control character"),
        (json.dumps(prompt("x" * 301)), "prompt.id is longer than 300 characters"),
        *[(with_value('{"arrayValue": ' + "[" * depth + "]" * depth + "}"), "nested more than 64") for depth in DEEP],
        *[(with_body('{"a":' * depth + "1" + "}" * depth), "nested more than 64") for depth in DEEP],
    ],
    ids=range(15 + 2 * len(DEEP)),
)  # fmt: skip
def test_a_hostile_record_costs_itself_and_no_other(hostile: str, reason: str) -> None:
    told = between(hostile)
    assert ids(told) == ["a", "b"]
    assert [(item.index, item.reason[: len(reason)]) for item in told.rejected] == [(1, reason)]
    assert told.items == 3


def test_invalid_utf8_costs_its_record_only() -> None:
    text = json.dumps(body(prompt("a"), prompt("BAD"), prompt("b"))).encode()
    told = parsed(text.replace(b"BAD", b"\xff\xfe"))
    assert ids(told) == ["a", "b"]
    assert [item.index for item in told.rejected] == [1]


@pytest.mark.parametrize(
    "odd",
    [
        {"body": None}, {"body": {"stringValue": "x"}}, {"traceId": "", "spanId": ""}, {"droppedAttributesCount": None},
        {"timeUnixNano": 0, "observedTimeUnixNano": int(AT)}, {"unknown": {"a": [1]}}, {"severityNumber": "INFO"},
        {"attributes": [*prompt("p")["attributes"], {"key": "x", "value": {}}]},
        {"attributes": [*prompt("p")["attributes"], {"key": "x"}]},
        {"attributes": [*prompt("p")["attributes"], {"key": "x", "value": None}]},
        {"attributes": [*prompt("p")["attributes"], {"key": "x", "value": {"arrayValue": {"values": [{}]}}}]},
        {"attributes": [*prompt("p")["attributes"], {"key": "x", "value": {"intValue": "5"}}]},
        {"eventName": "user_prompt", "attributes": [pair("prompt.id", "p")]},
    ],
)  # fmt: skip
def test_what_real_senders_write_is_read(odd: dict[str, Any]) -> None:
    told = logs(prompt("p", **odd))
    assert (ids(told), told.rejected) == (["p"], [])


def test_nulls_mean_not_set() -> None:
    part = '{"scope": null, "logRecords": [{"attributes": null}]}'
    text = f'{{"resourceLogs": [{{"resource": null, "schemaUrl": null, "scopeLogs": [{part}]}}]}}'
    assert parsed(text).unknown[("(no service name)", "logs", "(unprintable name)")] == 1
    assert parsed('{"resourceLogs": null}').items == 0
    assert parsed("{}").items == 0


def test_an_unknown_sender_is_counted_and_nothing_of_it_kept() -> None:
    told = logs(prompt("a"), prompt("b"), service="my-tool")
    assert told.unknown == {("my-tool", "logs", "user_prompt"): 2}
    assert (list(told.events()), told.rejected, told.items) == ([], [], 2)
    assert list(logs(prompt(), service="so\nlong " * 90).unknown) == [("(unprintable name)", "logs", "user_prompt")]
    assert list(logs(prompt(), service="").unknown) == [("(no service name)", "logs", "user_prompt")]


def test_an_odd_resource_attribute_leaves_its_items_alone() -> None:
    text = json.dumps(body(prompt("a"))).replace(
        '"resource": {"attributes": [', '"resource": {"attributes": [{"key": "x", "value": {"doubleValue": NaN}}, '
    )
    assert ids(parsed(text)) == ["a"]


@pytest.mark.parametrize(
    "text", ["", "hello", '{"resourceLogs": [', "[]", "5", '"x"', "{" * 5000, '{"a": tru}', "[" * 3_000_000]
)
def test_a_body_that_is_no_json_object_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        parsed(text)


def test_the_reason_says_where_json_breaks() -> None:
    with pytest.raises(Unreadable, match=r"byte 8"):
        parsed('{"key": x}')


def test_items_are_numbered_through_the_whole_body() -> None:
    text = body(prompt("a"), 5)
    text["resourceLogs"] += body(5, prompt("b"))["resourceLogs"]
    told = parsed(json.dumps(text))
    assert [item.index for item in told.rejected] == [1, 2]
    assert ids(told) == ["a", "b"]


@pytest.mark.parametrize(
    "number", [{"asDouble": "NaN"}, {"asDouble": 1e30}, {"asInt": "x"}, {"asInt": True}, {}, {"asInt": -1}]
)
def test_a_hostile_point_costs_itself_and_no_other(number: dict[str, Any]) -> None:
    told = parsed(json.dumps(points([{"asInt": 1}, number, {"asInt": "2"}])), "metrics")
    assert [event.lines_added for event in told.events()] == [1, 2]  # type: ignore[union-attr]
    assert [item.index for item in told.rejected] == [1]


def points(numbers: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    told = [
        {"timeUnixNano": AT, "attributes": [pair("type", "added"), pair("n", str(n))]} | number
        for n, number in enumerate(numbers)
    ]
    data = {"aggregationTemporality": 1, "dataPoints": told} | fields
    metrics = [{"name": "claude_code.lines_of_code.count", "sum": data}]
    resource = {"attributes": [pair("service.name", "claude-code")]}
    return {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": metrics}]}]}


def test_a_sum_without_temporality_is_refused_since_either_guess_could_count_twice() -> None:
    told = parsed(json.dumps(points([{"asInt": 1}, {"asInt": 2}], aggregationTemporality=0)), "metrics")
    assert [item.reason for item in told.rejected] == ["the aggregation temporality is unspecified"] * 2


def test_a_temporality_may_be_written_as_its_name() -> None:
    told = parsed(
        json.dumps(points([{"asInt": 1}], aggregationTemporality="AGGREGATION_TEMPORALITY_CUMULATIVE")), "metrics"
    )
    assert sum(map(len, told.points.values())) == 1


def test_a_point_without_a_recorded_value_tells_nothing() -> None:
    told = parsed(json.dumps(points([{"flags": 1}])), "metrics")
    assert (told.items, told.rejected, list(told.events())) == (1, [], [])


def test_a_metric_whose_name_is_wrong_costs_its_points() -> None:
    text = json.dumps(points([{"asInt": 1}, {"asInt": 2}])).replace('"claude_code.lines_of_code.count"', "5")
    assert [item.index for item in parsed(text, "metrics").rejected] == [0, 1]


@pytest.mark.parametrize(("signal", "text"), [("logs", LOGS), ("metrics", METRICS)])
def test_the_tolerant_path_reads_what_the_fast_one_reads(signal: Signal, text: bytes) -> None:
    extra = b', "zz": NaN}'
    slow = parsed(text.strip()[:-1] + extra, signal)
    fast = parsed(text, signal)
    assert slow == fast
    assert slow.items > 0


def test_deep_lists_are_cut_out_and_the_rest_kept() -> None:
    assert (
        _tolerant.without_depth(b'[[["]"]], {"a": [[1]]}]', 2)
        == b'[["\\u0000too deep\\u0000"], {"a": "\\u0000too deep\\u0000"}]'
    )
    assert _tolerant.without_depth(b"[[1]]", 2) == b"[[1]]"
    assert _tolerant.without_depth(b'["[[[[\\"[["]', 2) == b'["[[[[\\"[["]'


@pytest.mark.parametrize("content", [b"\xff" * 50, b"hello", b"\x0a\x05ab"])
def test_a_protobuf_body_that_cannot_be_decoded_is_unreadable(content: bytes) -> None:
    with pytest.raises(Unreadable, match="not a protobuf ExportLogsServiceRequest"):
        parsed(content, "logs", "protobuf")


def protobuf(*records: str) -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.add(key="service.name").value.string_value = "claude-code"
    part = group.scope_logs.add()
    for name in records:
        record = part.log_records.add(time_unix_nano=int(AT))
        record.attributes.add(key="event.name").value.string_value = "user_prompt"
        record.attributes.add(key="prompt.id").value.string_value = name
    return request


def test_protobuf_says_what_json_says() -> None:
    told = parsed(protobuf("a", "x" * 301, "b").SerializeToString(), "logs", "protobuf")
    assert ids(told) == ["a", "b"]
    assert [item.index for item in told.rejected] == [1]
    first, _ = told.events()
    (same,) = logs(prompt("a", attributes=prompt("a")["attributes"][:2])).events()
    assert first == same == Prompt(id="a", at=same.at, tool="claude-code")


def test_values_of_protobuf_that_are_no_scalars_are_not_read() -> None:
    request = protobuf("a")
    record = request.resource_logs[0].scope_logs[0].log_records[0]
    record.attributes.add(key="l").value.array_value.values.add(int_value=5)
    record.attributes.add(key="b").value.bytes_value = b"\0"
    record.attributes.add(key="e")
    assert ids(parsed(request.SerializeToString(), "logs", "protobuf")) == ["a"]


def field(number: int, content: bytes) -> bytes:
    """A field of protobuf that holds a message, as bytes: the library won't write what nests this deeply."""
    head, size = bytes([number << 3 | 2]), len(content)
    while size > 127:
        head, size = head + bytes([size & 127 | 128]), size >> 7
    return head + bytes([size]) + content


@pytest.mark.parametrize("depth", [60, 10_000])
def test_deep_protobuf_is_unreadable(depth: int) -> None:
    value = b""
    for _ in range(depth):
        value = field(5, field(1, value))  # any value: a list of values
    content = field(1, field(2, field(2, field(6, field(1, b"k") + field(2, value)))))
    with pytest.raises(Unreadable):
        parsed(content, "logs", "protobuf")


@pytest.mark.parametrize("count", [150_000, 300_000])
def test_a_body_of_empty_items_takes_little_time(count: int) -> None:
    text = json.dumps(body()).replace("[]", "[" + ",".join(["{}"] * count) + "]")
    started = time.perf_counter()
    if count < 200_000:
        assert parsed(text).items == count
    else:
        with pytest.raises(Unreadable, match="more than 200000 items"):
            parsed(text)
    assert time.perf_counter() - started < 10


def test_sources_are_found_by_looking_and_each_channel_has_its_own_number() -> None:
    sources = all_sources()
    assert "claude-code" in [source.name for source in sources]
    assert [source.name for source in sources] == sorted(source.name for source in sources)
    numbers = [channel.number for source in sources for channel in source.channels]
    assert len(numbers) == len(set(numbers))


TEXTS = st.sampled_from(["claude-code", "api_request", "tool_result", "2026-11-22T23:46:39Z", AT, "\0", "\ud800"])
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=8), TEXTS
)  # fmt: skip
FIELDS = st.sampled_from(
    ["stringValue", "intValue", "doubleValue", "boolValue", "arrayValue", "kvlistValue", "values", "key", "value"]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(FIELDS, inner, max_size=3)),
    max_leaves=6,
)
KEYS = st.sampled_from([
    "event.name", "event.timestamp", "prompt.id", "request_id", "model", "input_tokens", "cost_usd", "cost_usd_micros",
    "duration_ms", "tool_name", "tool_use_id", "decision", "source", "success", "tool_input", "tool_parameters",
    "user.email", "session.id", "vcs.repository.url.full", "vcs.ref.head.type", "vcs.ref.head.name",
    "vcs.ref.head.revision",
])  # fmt: skip
NAMES = st.sampled_from(["user_prompt", "api_request", "tool_decision", "tool_result"])
ATTRIBUTES = st.lists(st.fixed_dictionaries({"key": KEYS, "value": VALUES}), max_size=6)
RECORDS = st.fixed_dictionaries(
    {"eventName": NAMES}, optional={"timeUnixNano": VALUES, "attributes": ATTRIBUTES, "body": VALUES}
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(RECORDS, VALUES), max_size=4))
def test_any_json_is_judged_item_by_item(records: list[Any]) -> None:
    told = parsed(json.dumps(body(prompt("first"), *records, prompt("last"))))
    assert ids(told)[:1] == ["first"]
    assert "last" in ids(told)
    assert all(0 < item.index < told.items for item in told.rejected)
    assert all(isinstance(event, Event) for event in told.events())


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([("logs", LOGS[:6000]), ("metrics", METRICS), ("metrics", BINARY[:9000]), ("metrics", BINARY)]),
    st.floats(0, 1), st.integers(0, 5), st.binary(max_size=5),
)  # fmt: skip
def test_damaged_bodies_are_read_or_unreadable(sent: tuple[Signal, bytes], where: float, gone: int, put: bytes) -> None:
    signal, content = sent
    at = int(len(content) * where)
    damaged = content[:at] + put + content[at + gone :]
    with contextlib.suppress(Unreadable):
        assert parsed(damaged, signal, "json" if content.startswith(b"{") else "protobuf").items >= 0
