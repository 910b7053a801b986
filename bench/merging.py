"""Merges pull requests of the organization of `preload_pulls`, each with a session that reported its commit, and takes
the time of what follows: proving and storing the two deliveries, digesting, judging, the dashboard.

Run with the environment of a product whose own worker stands still: `python -m bench.merging URL INGEST_KEY` prints
JSON, milliseconds for each pull request: `parts` by name, and their `total`.
"""

import json
import logging
import sys
import time
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import django

django.setup()

# Only once the apps are there.
from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.merges import SLUG  # noqa: E402
from codecard.lib.tenant import tenant  # noqa: E402
from events.models import DefaultCommit, Latency, PullRequest, Repository, SessionLink  # noqa: E402
from events.pulls import deliveries  # noqa: E402
from events.pulls.handlers import JUDGING  # noqa: E402
from events.pulls.working import work  # noqa: E402
from teams import actions  # noqa: E402
from teams.models import Identity, IdentityKind, Organization, User  # noqa: E402
from tests import webhooks  # noqa: E402
from tests.factories import make_contributor, make_team  # noqa: E402

MERGES, WARM_UP = 60, 5
PEOPLE = 40
_FIRST_NUMBER = 1_000_000
Json = dict[str, Any]


class Bench:
    def __init__(self, url: str, ingest_key: str) -> None:
        self.url, self.ingest_key = url, ingest_key
        self.organization = Organization.objects.get(slug=SLUG)
        self.source = webhooks.make_connection(self.organization)
        self.client = Client(headers={"host": "127.0.0.1"})
        self.client.force_login(User.objects.get(email=f"owner@{SLUG}.test"), settings.AUTHENTICATION_BACKENDS[0])
        self.address = f"/webhooks/github/{SLUG}/"
        self.logins = self._people()
        with tenant(self.organization.id):
            self.repositories = list(Repository.objects.filter(organization=self.organization).order_by("id"))
            self.heads = {
                one.id: DefaultCommit.objects.filter(organization=self.organization, repository=one)
                .order_by("-seq")[0]
                .sha
                for one in self.repositories
            }

    def _people(self) -> list[str]:
        """One team that opened them all."""
        now = timezone.now()
        logins = [f"login-{number}" for number in range(200)]
        team = make_team(self.organization, "Everyone")
        with tenant(self.organization.id):
            people = [make_contributor(self.organization) for _ in range(PEOPLE)]
            for number, login in enumerate(logins):
                identity = Identity.objects.create(
                    organization=self.organization, contributor=people[number % PEOPLE], kind=IdentityKind.GITHUB,
                    value=login,
                )  # fmt: skip
                PullRequest.objects.filter(organization=self.organization, author_login=login).update(author=identity)
            for person in people:
                actions.join_team(team=team, contributor=person, by=None, now=now)
        return logins

    def deliver(self, *told: tuple[str, Json]) -> None:
        for event, body in told:
            self.send(event, body)

    def send(self, event: str, body: Json) -> None:
        answer = webhooks.send(self.client, self.address, event, body, delivery=f"bench-{time.time_ns()}")
        assert answer.status_code == 202, answer.content

    def tell(self, items: list[Json]) -> None:
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.url}/api/v1/events", json.dumps(items).encode(),
            {"Authorization": f"Bearer {self.ingest_key}", "Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            assert json.load(answer)["rejected"] == []

    def digest(self) -> None:
        while deliveries.digest_some(self.organization.id, clock=timezone.now, seconds=60):
            pass

    def judge(self) -> None:
        while work(self.organization.id, JUDGING, clock=timezone.now, seconds=60):
            pass

    def merge(self, index: int) -> dict[str, float]:
        """A small pull request with a session of Claude Code; milliseconds by part, from the merge on."""
        now = timezone.now() - timedelta(minutes=1)
        repository = self.repositories[index % len(self.repositories)]
        number, branch = _FIRST_NUMBER + index, f"bench/{index}"
        head, merged = webhooks.sha(10**12 + index), webhooks.sha(2 * 10**12 + index)
        told = webhooks.repository(repository.full_name, _at(now), id=repository.external_id)
        author = webhooks.user(self.logins[index % len(self.logins)])
        opened = {
            "user": author, "created_at": _at(now - timedelta(hours=1)), "updated_at": _at(now - timedelta(hours=1)),
            "head": {"ref": branch, "sha": head, "repo": {"full_name": repository.full_name}},
            "base": {"ref": "main", "sha": self.heads[repository.id], "repo": {"full_name": repository.full_name}},
        }  # fmt: skip
        self._open(repository, number, opened, told, now)
        over = opened | {
            "state": "closed", "closed_at": _at(now), "merged_at": _at(now), "updated_at": _at(now), "merged": True,
            "merge_commit_sha": merged,
        }  # fmt: skip
        landed = webhooks.commit(0, f"Add a basket (#{number})", _at(now), id=merged, tree_id=head)
        pushed = webhooks.push("main", 0, 0, [landed], _at(now), repository=told)
        pushed |= {"before": self.heads[repository.id], "after": merged, "created": False}
        closed = webhooks.event("closed", "pull_request", webhooks.counted(number, **over), repository=told)
        parts = {
            "two deliveries": _ms(lambda: self.deliver(("push", pushed), ("pull_request", closed))),
            "digest": _ms(self.digest),
            "judgement": _ms(self.judge),
            "dashboard": _ms(self.look),
        }
        self.heads[repository.id] = merged
        self._check(repository, number)
        return parts

    def _open(self, repository: Repository, number: int, opened: Json, told: Json, now: datetime) -> None:
        session = {"tool": "claude-code", "session": f"s-{number}", "repository": f"github.com/{repository.full_name}"}
        at, branch, head = _at(now - timedelta(hours=2)), opened["head"]["ref"], opened["head"]["sha"]
        self.tell([
            {"kind": "prompt", "id": f"p-{number}", "at": at, "branch": branch, **session},
            {"kind": "commit", "sha": head, "at": _at(now - timedelta(hours=1.5)), "branch": branch, **session},
        ])  # fmt: skip
        made = webhooks.commit(0, "Add a basket", _at(now - timedelta(hours=1.5)), id=head)
        branched = webhooks.push(branch, 0, 1, [made], _at(now - timedelta(hours=1.2)), repository=told)
        branched["after"] = head
        self.send("push", branched)
        self.send(
            "pull_request",
            webhooks.event("opened", "pull_request", webhooks.counted(number, **opened), repository=told),
        )
        self.digest()
        self.judge()

    def look(self) -> None:
        answer = self.client.get(f"/o/{SLUG}/t/everyone/")
        assert answer.status_code == 200

    def _check(self, repository: Repository, number: int) -> None:
        """What was timed was the whole of it."""
        with tenant(self.organization.id):
            pull = PullRequest.objects.get(organization=self.organization, repository=repository, number=number)
            assert pull.integrated_at, "not integrated"
            assert SessionLink.objects.filter(organization=self.organization, pull_request=pull).exists(), "no link"
            latency = Latency.objects.get(organization=self.organization, pull_request=pull)
            assert latency.state == "measured", latency.state


def _at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _ms(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return (time.perf_counter() - began) * 1000


def main(url: str, ingest_key: str) -> None:
    logging.disable(logging.CRITICAL)
    bench = Bench(url, ingest_key)
    rows = [bench.merge(index) for index in range(WARM_UP + MERGES)][WARM_UP:]
    parts = {name: [row[name] for row in rows] for name in rows[0]}
    print(json.dumps({"parts": parts, "total": [sum(row.values()) for row in rows]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
