"""Settings of tools: what is changed, that it is shown without the key, and that it goes back to what it was."""

import json
import stat
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from client.code_card import account, connect, edits, files, jsonc, tools
from client.code_card.account import Account
from client.code_card.places import Places
from events.sources import all_sources

KEY, TOKEN = "cci_" + "k" * 43, "cca_" + "t" * 43
ACCOUNT = Account("https://cc.example.com", "Acme", KEY, TOKEN)
EXISTING = {
    "claude-code": b'{\n  "model": "opus",\n  "env": {\n    "OTEL_LOGS_EXPORTER": "console"\n  }\n}\n',
    "codex": b'model = "gpt-5"\n\n[otel]\nexporter = "none" # off\n',
    "gemini-cli": b'\xef\xbb\xbf{\r\n\t"theme": "dark", // nice\r\n}\r\n',
    "copilot": b'{\n    // mine\n    "editor.fontSize": 13,\n}',
}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path, "linux", {})


def _file(places: Places, name: str, content: bytes | None) -> Path:
    tool = tools.tool_named(name)
    assert tool is not None
    path = tool.file(places)
    path.parent.mkdir(parents=True)
    if content is not None:
        path.write_bytes(content)
        path.chmod(0o644)
    return path


def _connect(places: Places, *, says: bool = True, **more: Any) -> list[str]:
    done = connect.connect(places, ACCOUNT, connect.found(places), lambda _: says, **more)
    return [tool.name for tool in done]


def _value(told: Any, path: Any) -> Any:
    for name in path:
        told = told[name]
    return told


@pytest.mark.parametrize("name", EXISTING)
@pytest.mark.parametrize("is_there", [True, False])
def test_undo_gives_the_very_same_bytes(name: str, is_there: bool, places: Places, capsys: Any) -> None:
    path = _file(places, name, EXISTING[name] if is_there else None)
    assert _connect(places) == [name]
    content = path.read_text("utf-8-sig")
    assert KEY in content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert _connect(places) == [name]  # again: nothing to do
    assert path.read_text("utf-8-sig") == content
    assert connect.undo(places) == 0
    assert (path.read_bytes() if path.exists() else None) == (EXISTING[name] if is_there else None)
    assert not is_there or stat.S_IMODE(path.stat().st_mode) == 0o644
    shown = capsys.readouterr()
    assert KEY not in shown.out + shown.err
    assert "cci_kkkk…" in shown.out


@pytest.mark.parametrize("name", EXISTING)
@pytest.mark.parametrize("is_there", [True, False])
def test_undo_leaves_what_others_changed_meanwhile(name: str, is_there: bool, places: Places, capsys: Any) -> None:
    path = _file(places, name, EXISTING[name] if is_there else None)
    _connect(places)
    text = path.read_bytes().decode("utf-8")
    if name == "codex":
        path.write_bytes(
            (text.replace("log_user_prompt = false", "log_user_prompt = true") + "\n[mine]\na = 1\n").encode()
        )
    else:
        path.write_bytes(text.replace("{", '{ "mine": 1,', 1).encode())
    assert connect.undo(places) == 0
    now = path.read_bytes().decode("utf-8-sig")
    assert KEY not in now
    if name == "codex":
        told = tomllib.loads(now)
        before = {"exporter": "none"} if is_there else {}
        assert told["otel"] == {**before, "log_user_prompt": True}
        assert told["mine"] == {"a": 1}
        assert "left alone: otel.log_user_prompt" in capsys.readouterr().out
    else:
        plain = jsonc.parse(now).value
        assert plain.pop("mine") == 1
        assert plain == jsonc.parse(EXISTING[name].decode("utf-8-sig") if is_there else "{}").value


def test_connecting_anew_with_another_key_still_undoes_to_the_beginning(places: Places) -> None:
    path = _file(places, "claude-code", EXISTING["claude-code"])
    _connect(places)
    other = Account("https://other.example.com", "Acme", "cci_" + "n" * 43)
    connect.connect(places, other, connect.found(places), lambda _: True)
    assert "other.example.com" in path.read_text()
    assert KEY not in path.read_text()
    connect.undo(places)
    assert path.read_bytes() == EXISTING["claude-code"]


def test_nothing_is_written_without_a_yes(places: Places) -> None:
    path = _file(places, "codex", EXISTING["codex"])
    assert _connect(places, says=False) == []
    assert _connect(places, is_dry=True) == []
    assert path.read_bytes() == EXISTING["codex"]
    assert connect.records(places) == {}


@pytest.mark.parametrize("content", [b"{ nonsense", b"\xff\xfe{}", b'{"env": 3}'])
def test_a_file_that_cant_be_read_is_left_as_it_is(content: bytes, places: Places, capsys: Any) -> None:
    path = _file(places, "claude-code", content)
    assert _connect(places) == []
    assert path.read_bytes() == content
    assert "https://cc.example.com/start/" in capsys.readouterr().err


def test_a_link_stays_a_link(places: Places, tmp_path: Path) -> None:
    path = _file(places, "claude-code", None)
    real = tmp_path / "dotfiles.json"
    real.write_bytes(b"{}")
    path.symlink_to(real)
    _connect(places)
    assert path.is_symlink()
    assert KEY in real.read_text()
    connect.undo(places)
    assert (path.is_symlink(), real.read_bytes()) == (True, b"{}")


def test_what_is_set_is_what_the_page_of_the_server_shows() -> None:
    """The same values, so that whoever pastes and whoever runs `code-card` send the same."""
    shown = {source.name: source.steps("URL", "KEY") for source in all_sources() if source.steps("", "")}
    by_source = {"claude-code": "claude-code", "codex": "codex", "gemini-cli": "gemini-cli", "copilot": "copilot"}
    for tool in tools.TOOLS:
        steps = shown[by_source[tool.name]]
        texts = [step.code for step in steps if step.language == ("toml" if tool.is_toml else "json")]
        told = tomllib.loads(texts[0]) if tool.is_toml else json.loads(texts[0])
        changes = tool.changes("URL", "KEY")
        for path, value in changes:
            expected = _value(told, path)
            assert (tomllib.loads(f"x = {value}")["x"] if tool.is_toml else value) == expected
        parents = {path[:-1] for path, _ in changes}
        assert len(changes) == sum(len(_value(told, parent)) for parent in parents)


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {}, (".config/code-card", ".local/state/code-card", ".claude", ".codex", ".config/Code/User")),
        (
            "linux",
            {"XDG_CONFIG_HOME": "/x", "XDG_STATE_HOME": "/s", "CODEX_HOME": "/c", "CLAUDE_CONFIG_DIR": "/k"},
            ("/x/code-card", "/s/code-card", "/k", "/c", "/x/Code/User"),
        ),
        (
            "darwin",
            {"XDG_CONFIG_HOME": "/x"},
            (
                "Library/Application Support/code-card", "Library/Application Support/code-card/state", ".claude",
                ".codex", "Library/Application Support/Code/User",
            ),
        ),
        (
            "win32",
            {"APPDATA": "/roaming", "LOCALAPPDATA": "/local"},
            ("/roaming/code-card", "/local/code-card", ".claude", ".codex", "/roaming/Code/User"),
        ),
        (
            "win32",
            {},
            (
                "AppData/Roaming/code-card", "AppData/Local/code-card", ".claude", ".codex",
                "AppData/Roaming/Code/User",
            ),
        ),
    ],
)  # fmt: skip
def test_every_platform_has_its_places(platform: str, environment: dict[str, str], expected: tuple[str, ...]) -> None:
    home = Path("/home/me")
    places = Places(home, platform, environment)
    found = (places.own, places.state, places.claude, places.codex, places.vscode)
    assert [path.as_posix() for path in found] == [str(PurePosixPath("/home/me", one)) for one in expected]


def test_managed_settings_of_each_platform() -> None:
    found = [Places(Path("/h"), platform, {}).claude_managed for platform in ("linux", "darwin", "win32")]
    assert [str(path) for path in found] == [
        "/etc/claude-code/managed-settings.json",
        "/Library/Application Support/ClaudeCode/managed-settings.json",
        "C:\\Program Files\\ClaudeCode\\managed-settings.json",
    ]


def test_the_keys_lie_in_a_file_for_nobody_else_and_show_nowhere(places: Places) -> None:
    account.save(places, ACCOUNT)
    path = places.own / account.FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(places.own.stat().st_mode) == 0o700
    assert account.load(places) == ACCOUNT
    assert KEY not in repr(ACCOUNT)
    assert TOKEN not in repr(ACCOUNT)
    _file(places, "codex", b"")
    _connect(places)
    assert stat.S_IMODE((places.own / connect.FILE).stat().st_mode) == 0o600
    path.write_text('{"server": 1')
    assert account.load(places) is None


def test_a_write_that_fails_leaves_the_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def fails(*_: Any) -> None:
        raise OSError

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OSError):
        files.write(path, b"new")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("a", b"old")]


def test_whether_settings_are_still_in_place(places: Places) -> None:
    path = _file(places, "claude-code", None)
    _connect(places)
    [record] = connect.records(places).values()
    assert edits.is_in_place(record)
    path.write_text(
        path.read_text().replace('"CLAUDE_CODE_ENABLE_TELEMETRY": "1"', '"CLAUDE_CODE_ENABLE_TELEMETRY": "0"')
    )
    assert not edits.is_in_place(record)
