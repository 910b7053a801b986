"""How Claude Code is made to send here."""

import json
import shlex

from events.sources._base import Step

_DETAILS = (
    "OTEL_LOG_TOOL_DETAILS adds file paths and command lines to what Claude Code sends: from a path we keep what kind"
    " of file it is and its language, from a command whether it ran tests, committed, pushed or opened a pull request."
    " The path, the command line and everything else in it are dropped before anything is stored. Leave the line out"
    " and they are never sent. Prompt texts and file contents are not asked for (OTEL_LOG_USER_PROMPTS,"
    " OTEL_LOG_TOOL_CONTENT), and dropped if they come."
)


def steps(url: str, key: str) -> list[Step]:
    settings = json.dumps({"env": environment(url, key)}, indent=2)
    exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in environment(url, key).items())
    return [
        Step("Paste into a shell, then start claude there", f"{exports}\nclaude", "shell", _DETAILS),
        Step(
            "To keep it, add to ~/.claude/settings.json",
            settings,
            "json",
            "The key is yours: don't commit it to a project.",
        ),
        Step(
            "For everybody on a machine, an administrator puts the same into managed settings",
            settings,
            "json",
            "/etc/claude-code/managed-settings.json on Linux,"
            " /Library/Application Support/ClaudeCode/managed-settings.json on macOS,"
            " C:\\Program Files\\ClaudeCode\\managed-settings.json on Windows. Use a key of the organization: people"
            " are then told apart by the e-mail address they are signed in with.",
        ),
    ]


def environment(url: str, key: str) -> dict[str, str]:
    return {
        "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer {key}",
        "OTEL_METRICS_INCLUDE_REPOSITORY": "true",
        "OTEL_LOG_TOOL_DETAILS": "1",
    }
