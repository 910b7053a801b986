"""Deliveries as GitHub sends them, made short, and a repository's day as a list of them."""

import gzip
import hmac
import json
from collections.abc import Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.test import Client

from codecard.lib.sealing import seal
from codecard.lib.tenant import tenant
from events.models import Connection, ConnectionKind
from teams.models import Organization
from tests.factories import NOW

SECRET = "a secret of the webhook"
EXAMPLES = Path(__file__).parent / "fixtures" / "github" / "webhooks.jsonl.gz"
REPOSITORY_ID = 4711
_ids = count(1)
Json = dict[str, Any]


class Sent(NamedTuple):
    event: str
    body: Json


def examples() -> Iterator[tuple[str, str, Json]]:
    """Event, name and body of the vendor's examples."""
    with gzip.open(EXAMPLES, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield row["event"], row["name"], row["body"]


def make_connection(organization: Organization, **fields: Any) -> Connection:
    with tenant(organization.id):
        return Connection.objects.create(
            organization=organization,
            **{"kind": ConnectionKind.WEBHOOK, "webhook_secret": seal(SECRET), "created_at": NOW, **fields},
        )


def signed(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()


def send(
    client: Client,
    address: str,
    event: str,
    body: bytes | Json,
    *,
    delivery: str = "",
    secret: str = SECRET,
    **headers: str,
) -> HttpResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery or f"delivery-{next(_ids)}",
        "X-Hub-Signature-256": signed(raw, secret),
        **headers,
    }
    return client.generic("POST", address, raw, content_type="application/json", headers=given)  # type: ignore[return-value]


# --- what stands in them ---------------------------------------------------------------------------------------------


def user(login: str = "bob-gh", **fields: Any) -> Json:
    return {"login": login, "id": 7, "type": "User", **fields}


def repository(full_name: str = "acme/shop", pushed: str = "2026-05-01T08:00:00Z", **fields: Any) -> Json:
    return {
        "id": REPOSITORY_ID, "full_name": full_name, "name": full_name.partition("/")[2], "private": True,
        "html_url": f"https://github.com/{full_name}", "default_branch": "main", "archived": False,
        "updated_at": "2026-05-01T08:00:00Z", "pushed_at": pushed, **fields,
    }  # fmt: skip


def pull(number: int = 1, **fields: Any) -> Json:
    return {
        "id": 1000 + number, "number": number, "state": "open", "title": "Add a basket", "body": "Some prose.",
        "user": user(), "created_at": "2026-05-01T10:00:00Z", "updated_at": "2026-05-01T10:00:00Z", "closed_at": None,
        "merged_at": None, "merge_commit_sha": None, "draft": False, "labels": [],
        "head": {"ref": "basket", "sha": sha(1), "repo": {"full_name": "acme/shop"}},
        "base": {"ref": "main", "sha": sha(900), "repo": {"full_name": "acme/shop"}}, **fields,
    }  # fmt: skip


def counted(number: int = 1, **fields: Any) -> Json:
    counts = {"additions": 5, "deletions": 1, "changed_files": 2, "commits": 1, "merged": False, "merged_by": None}
    return pull(number, **{**counts, **fields})


def commit(number: int, message: str = "Work", at: str = "2026-05-01T09:00:00Z", **fields: Any) -> Json:
    author = {"name": "Bob", "email": "bob@acme.example", "username": "bob-gh"}
    return {
        "id": sha(number), "tree_id": sha(number + 500), "message": message, "timestamp": at, "distinct": True,
        "author": author, "committer": author, **fields,
    }  # fmt: skip


def push(branch: str, before: int, after: int, commits: list[Json], pushed: str, **fields: Any) -> Json:
    return {
        "ref": f"refs/heads/{branch}", "before": sha(before), "after": sha(after), "forced": False,
        "created": before == 0, "deleted": after == 0, "commits": commits, "repository": repository(pushed=pushed),
        "sender": user(), **fields,
    }  # fmt: skip


def sha(number: int) -> str:
    return f"{number:040x}"


def event(action: str, name: str, content: Json, **fields: Any) -> Json:
    return {"action": action, name: content, "repository": repository(), "sender": user(), **fields}
