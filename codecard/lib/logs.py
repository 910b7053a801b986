"""Log lines: one JSON object each, without keys."""

import json
import logging
import re
import traceback
from datetime import UTC, datetime

from django.http import HttpRequest

from codecard.lib import requests

# Keys stand in paths (/otlp/k/<key>/…), so that any library that logs a path or a URL would log a key.
_KEY = re.compile(r"\b(cc[a-z]_)[A-Za-z0-9_~.%-]+")


def redact(text: str) -> str:
    """The text with every key cut down to its prefix."""
    return _KEY.sub(r"\1[redacted]", text)


def places(error: BaseException) -> str:
    """Where it was raised, without what it says: messages of the database and of readers quote what they were given."""
    return " > ".join(f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__))


def _message(record: logging.LogRecord) -> str:
    """Django writes the path of a failed request, and paths hold more than keys: invitations, names of people. The
    route stands in the request's own line."""
    request = getattr(record, "request", None)
    if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
        path = request.path.encode("unicode_escape").decode("ascii")
        record.args = tuple("(path)" if argument == path else argument for argument in record.args)
    return record.getMessage()


class JsonFormatter(logging.Formatter):
    """Fields: ts (UTC), level, logger, message, request_id, those given as `extra={"fields": {…}}`, and exc."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
        }
        if request_id := requests.request_id.get():
            line["request_id"] = request_id
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["exc"] = self.formatException(record.exc_info)
        # The whole line at once: messages, fields and tracebacks alike.
        return redact(json.dumps(line, default=str))
