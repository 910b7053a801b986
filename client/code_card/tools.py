"""The tools that can be connected: how one is found, and which values its settings get.

The same values as the server's page shows (`Source.steps`), as a test holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from .places import Places

Change = tuple[Sequence[str], Any]


@dataclass(frozen=True)
class Tool:
    """`names`: under which the server knows what it sends. `changes(otlp_url, key)`: path and value of each setting;
    in TOML the value as it is written."""

    name: str
    label: str
    names: Sequence[str]
    file: Callable[[Places], Path]
    is_there: Callable[[Places], bool]
    changes: Callable[[str, str], Sequence[Change]]
    is_toml: bool = False
    again: str = ""
    """What has to be done so that it reads its settings."""


def _claude(url: str, key: str) -> Sequence[Change]:
    environment = {
        "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer {key}",
        "OTEL_METRICS_INCLUDE_REPOSITORY": "true",
        "OTEL_LOG_TOOL_DETAILS": "1",
    }
    return [(("env", name), value) for name, value in environment.items()]


def _codex(url: str, key: str) -> Sequence[Change]:
    headers = f'headers = {{ "Authorization" = "Bearer {key}" }}'
    exporter = f'{{ otlp-http = {{ endpoint = "{url}/v1/logs", protocol = "binary", {headers} }} }}'
    written = {
        "environment": '"prod"',
        "log_user_prompt": "false",
        "exporter": exporter,
        "trace_exporter": '"none"',
        "metrics_exporter": '"none"',
    }
    return [(("otel", name), value) for name, value in written.items()]


def _gemini(url: str, key: str) -> Sequence[Change]:
    settings = {
        "enabled": True,
        "target": "local",
        "otlpEndpoint": f"{url}/k/{key}",
        "otlpProtocol": "http",
        "logPrompts": False,
        "traces": False,
    }
    return [(("telemetry", name), value) for name, value in settings.items()]


def _copilot(url: str, key: str) -> Sequence[Change]:
    settings = {
        "enabled": True,
        "exporterType": "otlp-http",
        "otlpEndpoint": f"{url}/k/{key}",
        "captureContent": False,
    }
    return [((f"github.copilot.chat.otel.{name}",), value) for name, value in settings.items()]


TOOLS = (
    Tool(
        "claude-code", "Claude Code", ("claude-code",),
        file=lambda places: places.claude / "settings.json",
        is_there=lambda places: places.claude.is_dir() or places.has_command("claude"),
        changes=_claude, again="Start claude anew.",
    ),
    Tool(
        "codex", "Codex", ("codex",),
        file=lambda places: places.codex / "config.toml",
        is_there=lambda places: places.codex.is_dir() or places.has_command("codex"),
        changes=_codex, is_toml=True, again="Start codex anew.",
    ),
    Tool(
        "gemini-cli", "Gemini CLI", ("gemini-cli",),
        file=lambda places: places.gemini / "settings.json",
        is_there=lambda places: places.gemini.is_dir() or places.has_command("gemini"),
        changes=_gemini, again="Start gemini anew.",
    ),
    Tool(
        "copilot", "Copilot in VS Code", ("copilot-chat", "copilot", "copilot-vscode"),
        file=lambda places: places.vscode / "settings.json",
        is_there=lambda places: places.vscode.is_dir(),
        changes=_copilot, again="Reload the window of VS Code.",
    ),
)  # fmt: skip


def tool_named(name: str) -> Tool | None:
    return next((tool for tool in TOOLS if tool.name == name), None)
