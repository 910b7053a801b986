"""Signs the owner of an organization in, and counts what their pages ask of the database.

Run with the environment of a product: `python -m bench.visitor SLUG PATH …` prints JSON with the `cookie` of the
session and the number of `queries` of each path, those that find the session and the user included.
"""

import json
import logging
import sys
from http import HTTPStatus

import django

django.setup()

# Only once the apps are there.
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from teams.models import User  # noqa: E402

_NOT_COUNTED = ("BEGIN", "COMMIT", "SET LOCAL", "SAVEPOINT", "RELEASE")


def visit(slug: str, paths: list[str]) -> dict[str, object]:
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.get(email=f"owner@{slug}.test"), settings.AUTHENTICATION_BACKENDS[0])
    client.get(paths[0])  # the session notes the organization
    return {
        "cookie": f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}",
        "queries": [_queries(client, path) for path in paths],
    }


def _queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
    if response.status_code != HTTPStatus.OK:
        raise SystemExit(f"{path} answered {response.status_code}")
    return sum(not query["sql"].lstrip().startswith(_NOT_COUNTED) for query in captured.captured_queries)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    print(json.dumps(visit(sys.argv[1], sys.argv[2:])))
