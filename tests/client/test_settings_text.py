"""Single values in the text of settings, in JSON as editors write it and in TOML: all else stays, byte for byte."""

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.code_card import jsonc, toml
from client.code_card.jsonc import MISSING, UnreadableError

VSCODE = """{
    // what I like
    "editor.fontSize": 13, /* for old eyes */
    "files.exclude": {
        "**/.git": true, // hidden
    },
}
"""


def test_a_new_value_stands_last_with_the_indent_of_the_others() -> None:
    assert jsonc.put('{\n    "a": 1\n}\n', ("b",), True) == '{\n    "a": 1,\n    "b": true\n}\n'
    assert jsonc.put('{"a": 1}', ("b",), "x") == '{"a": 1, "b": "x"}'
    assert jsonc.put("", ("env", "A"), "1") == '{\n  "env": {\n    "A": "1"\n  }\n}\n'
    assert jsonc.put("{}", ("a",), 1) == '{\n  "a": 1\n}'


def test_comments_and_spare_commas_stay() -> None:
    text = jsonc.put(VSCODE, ("copilot.on",), True)
    assert text == VSCODE.replace("    },\n}", '    },\n    "copilot.on": true\n}')
    inner = jsonc.put(VSCODE, ("files.exclude", "x"), 1)
    assert inner == VSCODE.replace("// hidden\n", '// hidden\n        "x": 1\n')


def test_a_value_that_is_there_is_replaced_where_it_stands() -> None:
    assert jsonc.put(VSCODE, ("editor.fontSize",), 14) == VSCODE.replace("13", "14")
    assert jsonc.get(VSCODE, ("files.exclude", "**/.git")) is True
    assert jsonc.get(VSCODE, ("files.exclude", "none")) is MISSING


@pytest.mark.parametrize(
    "text",
    ['{"a": 1', "[]", '{"a" 1}', '{"a": 1} x', "{'a': 1}", '{"a": 1 "b": 2}', "\x00", '{"a":' * 300, '{"a": nul}', "7"],
)
def test_what_is_no_json_is_never_written_to(text: str) -> None:
    with pytest.raises(UnreadableError):
        jsonc.put(text, ("b",), 1)


def test_something_on_the_way_that_is_no_object_is_not_overwritten() -> None:
    with pytest.raises(UnreadableError):
        jsonc.put('{"env": 7}', ("env", "A"), 1)


def test_items_come_and_go() -> None:
    text = jsonc.append('{\n  "h": [\n    1\n  ]\n}', ("h",), {"a": 2})
    assert json.loads(text) == {"h": [1, {"a": 2}]}
    assert json.loads(jsonc.remove(text, ("h",), {"a": 2})) == {"h": [1]}
    assert json.loads(jsonc.append("{}", ("x", "y"), 1)) == {"x": {"y": [1]}}


NAMES = st.sampled_from(["a", "b", "c", "d"])
VALUES = st.recursive(
    st.one_of(st.integers(), st.text(max_size=4), st.booleans(), st.none()),
    lambda inner: st.one_of(st.dictionaries(NAMES, inner, max_size=4), st.lists(inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.lists(NAMES, min_size=1, max_size=3), VALUES, st.booleans())
def test_put_and_drop_do_what_they_would_do_to_a_dictionary(
    value: dict[str, Any], path: list[str], new: Any, is_listed: bool
) -> None:
    text = json.dumps(value, indent=3 if is_listed else None)
    holder = value
    for name in path[:-1]:
        if name in holder and not isinstance(holder[name], dict):
            with pytest.raises(UnreadableError):
                jsonc.put(text, path, new)
            return
        holder = holder.setdefault(name, {})
    holder[path[-1]] = new
    changed = jsonc.put(text, path, new)
    assert json.loads(changed) == value
    del holder[path[-1]]
    assert json.loads(jsonc.drop(changed, path)) == value


# --- TOML ------------------------------------------------------------------------------------------------------------

CODEX = '''# mine
model = "gpt-5" # the big one

[mcp_servers.docs]
args = [
  "-y", # yes ]
  "[otel]",
]
help = """
[otel]
exporter = 1
"""
'''


def test_a_table_is_added_behind_and_looks_like_one() -> None:
    text = toml.put(CODEX, ("otel", "exporter"), '"none"')
    assert text == CODEX + '\n[otel]\nexporter = "none"\n'
    assert toml.put(text, ("otel", "b"), "1") == text + "b = 1\n"
    assert tomllib.loads(text)["otel"] == {"exporter": "none"}
    assert toml.put("", ("otel", "a"), "1") == "[otel]\na = 1\n"


def test_keys_of_a_table_are_replaced_and_dropped() -> None:
    text = "[otel] # here\na = 1 # why\n\n[next]\na = 2"
    assert toml.put(text, ("otel", "a"), "'x'") == text.replace("a = 1", "a = 'x'")
    assert toml.put(text, ("otel", "b"), "2").startswith("[otel] # here\na = 1 # why\nb = 2\n\n[next]")
    assert toml.drop(text, ("otel", "a")) == "[otel] # here\n\n[next]\na = 2"
    assert (toml.get(text, ("otel", "a")), toml.get(text, ("next", "a"))) == ("1", "2")
    assert toml.get(text, ("otel", "z")) is MISSING


@pytest.mark.parametrize(
    "text",
    [
        "otel.exporter = 1", "otel = { a = 1 }", "[otel.exporter.otlp-http]\na = 1", "[otel]\nx.y = 1",
        "[[otel]]\na = 1",
        "[otel]\n[x]\n[otel]", 'a = "open', "a = [1", "nonsense", "a = '''x",
    ],
)  # fmt: skip
def test_forms_that_cant_be_added_to_are_left_alone(text: str) -> None:
    with pytest.raises(UnreadableError):
        toml.put(text, ("otel", "exporter"), "1")
