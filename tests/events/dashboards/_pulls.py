"""Pull requests with everything that their pages show: one of an afternoon, and a busy one of three days."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha1
from typing import Any

from django.utils import timezone

from events.models import (
    AiEvidence,
    Attribution,
    CheckResult,
    Defect,
    DefectLink,
    Escape,
    Happening,
    Latency,
    LatencyState,
    PullRequest,
    PullRequestEvent,
    Repository,
    Session,
    SessionLink,
    Tier,
)
from events.pulls import tested
from events.schema import Activity, Event, Prompt, Response, Suggestion, TestRun
from teams.models import Contributor, Identity, Organization
from tests.events.dashboards._work import store
from tests.pull_requests import make_commit, make_issue, make_pull_request

SESSION_SUMS = (
    "prompts",
    "input_tokens",
    "output_tokens",
    "cache_write_tokens",
    "accepted",
    "rejected",
    "auto_accepted",
)


def sha(*parts: object) -> str:
    return sha1(repr(parts).encode(), usedforsecurity=False).hexdigest()


def file(path: str, added: int, removed: int = 0, **fields: Any) -> dict[str, Any]:
    """As `PullRequest.files` holds it."""
    is_test = path.startswith("tests/")
    return {
        "path": path, "status": "modified", "added": added, "removed": removed, "is_test": is_test,
        "is_generated": path.endswith(".lock"), **fields,
    }  # fmt: skip


def happen(pull: PullRequest, kind: Happening, at: datetime, **fields: Any) -> PullRequestEvent:
    return PullRequestEvent.objects.create(
        organization_id=pull.organization_id, pull_request=pull, kind=kind, at=at, **fields
    )


def take(pull: PullRequest, stages: Sequence[tuple[str, int | None]], first_prompt_at: datetime) -> Latency:
    seconds = sum(size or 0 for _, size in stages)
    return Latency.objects.create(
        organization_id=pull.organization_id, pull_request=pull, version=1, state=LatencyState.MEASURED,
        first_prompt_at=first_prompt_at, ended_at=pull.integrated_at, seconds=seconds, stages=[list(s) for s in stages],
    )  # fmt: skip


def check(pull: PullRequest, head: str, at: datetime, conclusion: str = "success", attempt: int = 1) -> CheckResult:
    number = CheckResult.objects.count() + 1
    return CheckResult.objects.create(
        organization_id=pull.organization_id, repository=pull.repository, external_id=number, head_sha=head,
        name="tests", run_attempt=attempt, conclusion=conclusion, started_at=at, completed_at=at, is_test=True,
    )  # fmt: skip


def linked(
    pull: PullRequest, session: Session, method: int = 1, confidence: str = "exact", **fields: Any
) -> SessionLink:
    sums = {name: getattr(session, name) for name in SESSION_SUMS}
    return SessionLink.objects.create(
        organization_id=pull.organization_id, pull_request=pull, session=session, method=method, confidence=confidence,
        sums=sums, **fields,
    )  # fmt: skip


def traced(
    origin: PullRequest, fix: PullRequest, detected_at: datetime, issue: Any = None, **fields: Any
) -> DefectLink:
    defect = Defect.objects.create(
        organization_id=origin.organization_id, repository=origin.repository, fix=fix, kind="fix", issue=issue,
        key=f"issue:{issue.number}" if issue else f"pull:{fix.number}", detected_at=detected_at, fix_sha=fix.merge_sha,
    )  # fmt: skip
    assert origin.merged_at
    values: dict[str, Any] = {
        "method": "traced", "share": 0.89, "probability": 0.71, "tier": Tier.PROBABLE, "origin_sha": origin.merge_sha,
        "lag_seconds": int((detected_at - origin.merged_at).total_seconds()), "facts": {"lines": 16, "of": 18},
    }  # fmt: skip
    return DefectLink.objects.create(
        organization_id=origin.organization_id, defect=defect, origin=origin, **{**values, **fields}
    )


def escape(pull: PullRequest, state: str, *, due_in_days: int = -5) -> Escape:
    """At thirty days."""
    return Escape.objects.create(
        organization_id=pull.organization_id, pull_request=pull, horizon_days=30, version=1, state=state,
        due_at=timezone.now() + timedelta(days=due_in_days), defects=int(state != "clean"),
    )  # fmt: skip


class Talk:
    """A session, told by the ledger. `start` plus minutes."""

    def __init__(self, start: datetime, key: str) -> None:
        self.start, self.key, self.events = start, key, list[Event]()

    def _common(self, minutes: float) -> dict[str, Any]:
        return {
            "id": f"{self.key}-{len(self.events)}",
            "at": self.start + timedelta(minutes=minutes),
            "tool": "claude-code",
            "session": self.key,
            "model": "claude-sonnet-4-5",
            "repository": "github.com/northwind/payments-api",
        }

    def prompt(self, minutes: float, tokens: tuple[int, int] = (2310, 840)) -> None:
        self.events.append(Prompt(**{**self._common(minutes), "model": None}))
        self.events.append(Response(**self._common(minutes + 0.3), input_tokens=tokens[0], output_tokens=tokens[1]))

    def decide(self, minutes: float, lines: int = 10, outcome: Any = "accepted") -> None:
        self.events.append(Suggestion(
            **self._common(minutes), outcome=outcome, decided_by="person", lines_added=lines, language="python",
            path_class="view",
        ))  # fmt: skip

    def edit(self, minutes: float, length: float, lines: int = 20) -> None:
        self.events.append(Activity(**self._common(minutes), active_seconds=length * 60, lines_added=lines))

    def test(self, minutes: float, outcome: Any = "passed") -> None:
        self.events.append(TestRun(**{**self._common(minutes), "model": None}, runner="pytest", outcome=outcome))

    def held(self, organization: Organization, person: Contributor, now: datetime) -> Session:
        store(organization, person, *self.events, now=now)
        return Session.objects.get(organization=organization, key=self.key)


def afternoon(
    repository: Repository, author: Identity, start: datetime, *, now: datetime, number: int = 2104
) -> PullRequest:
    """72 minutes from the first prompt to the merge, and a defect three days later."""
    organization = repository.organization

    def at(minutes: float) -> datetime:
        return start + timedelta(minutes=minutes)

    talk = Talk(start, f"afternoon-{number}")
    for minute in (0, 6, 11, 52):
        talk.prompt(minute)
    for minute, lines in ((1, 38), (7, 40), (8, 44), (12, 10), (53, 9)):
        talk.decide(minute, lines)
    talk.decide(3, 0, "rejected")
    for minute, length in ((5, 3), (14, 5), (56, 2)):
        talk.edit(minute, length)
    for minute in (15, 21):
        talk.test(minute)
    session = talk.held(organization, author.contributor, now)
    pull = make_pull_request(
        repository, number, author=author, author_login=author.value, merged_at=at(72), opened_at=at(22),
        title="Refund endpoint with partial amounts", merged_by_login="ines-duarte", additions=148, deletions=32,
        changed_files=5, commit_count=3, source_lines_added=148, source_lines_changed=180, size=3, ai_class="ai",
        change_class="feature_with_tests", task_type="endpoint", ai_tools=["claude-code"], ai_lines=107,
        first_review_at=at(49), approved_at=at(71),
        files=[
            file("refunds/api.py", 82, 20, ai_added=61), file("refunds/serializers.py", 32, 8, ai_added=22),
            file("tests/test_refunds.py", 27, ai_added=24), file("refunds/urls.py", 4, 2, ai_added=0),
            file("docs/refunds.md", 3, 2), file("poetry.lock", 212, 190),
        ],
    )  # fmt: skip
    shas = [sha(number, place) for place in range(3)]
    for place, minute in enumerate((16, 19, 57)):
        make_commit(pull, shas[place], position=place, authored_at=at(minute), author=author)
    for named in shas[:2]:
        AiEvidence.objects.create(
            organization=organization, pull_request=pull, kind="trailer", sha=named, tool="Claude Code", model="Sonnet"
        )
    Attribution.objects.create(
        organization=organization, dimension_id=repository.dimension_id, sha=shas[0], fact_id=number, source="git_ai",
        path="refunds/api.py", tool="claude-code", ai_lines=70, human_lines=12,
    )  # fmt: skip
    linked(pull, session, slice_from=start, slice_to=at(60), first_prompt_at=start)
    happen(pull, Happening.CHANGES_REQUESTED, at(51))
    happen(pull, Happening.REVIEWED, at(49))
    happen(pull, Happening.PUSHED, at(58), is_by_author=True)
    happen(pull, Happening.REVIEWED, at(68))
    happen(pull, Happening.APPROVED, at(71))
    check(pull, shas[1], at(24))
    check(pull, shas[2], at(59))
    tested.judge_tests(pull.organization_id, pull.id, now=timezone.now())
    take(pull, [
        ("accepted", 60), ("committed", 900), ("opened", 360), ("reviewed", 1620),
        ("approved", 1320), ("merged", 60),
    ], start)  # fmt: skip
    for days in (7, 30, 90):
        Escape.objects.create(
            organization=organization, pull_request=pull, horizon_days=days, version=1, state="probable",
            due_at=at(72) + timedelta(days=days), defects=1, weight=1,
        )  # fmt: skip
    bug_at = at(72) + timedelta(days=3)
    issue = make_issue(repository, number - 173, opened_at=bug_at, title="500 on empty cart", is_bug=True)
    fix = make_pull_request(
        repository, number + 13, author=author, merged_at=bug_at + timedelta(hours=5), title="Refunds of empty carts",
        fix_reason="issue", ai_class="human", task_type="endpoint", size=1,
    )  # fmt: skip
    traced(pull, fix, bug_at, issue, facts={"lines": 16, "of": 18, "commit": shas[0]})
    return pull


def busy(
    repository: Repository, author: Identity, start: datetime, *, now: datetime, number: int = 2110
) -> PullRequest:
    """Forty prompts over three days, in three sessions, force-pushed once."""
    chance = random.Random(7)
    organization = repository.organization
    pull = make_pull_request(
        repository, number, author=author, author_login=author.value, merged_at=start + timedelta(days=2, hours=9),
        opened_at=start + timedelta(days=1, hours=6), title="Move ledger postings to append-only tables",
        additions=1460, deletions=612, changed_files=31, commit_count=9, size=4, ai_class="ai", task_type="migration",
        ai_tools=["claude-code"], source_lines_added=1312, source_lines_changed=1800,
        files=[file(f"ledger/part_{n}.py", 90 - 2 * n, 20) for n in range(31)],
    )  # fmt: skip
    prompts = 0
    for day, many in enumerate((14, 16, 10)):
        morning = start + timedelta(days=day)
        talk, minute = Talk(morning, f"busy-{number}-{day}"), 0.0
        for _ in range(many):
            prompts += 1
            talk.prompt(minute, (chance.randint(900, 9000), chance.randint(200, 3000)))
            for n in range(chance.randint(0, 4)):
                talk.decide(
                    minute + 1 + n * 1.5, chance.randint(2, 60), "accepted" if chance.random() < 0.7 else "rejected"
                )
            talk.edit(minute + 4, chance.uniform(1, 3), chance.randint(1, 40))
            if chance.random() < 0.4:
                talk.test(minute + 6, "passed" if chance.random() < 0.6 else "failed")
            minute += chance.choice((3, 6, 9, 14, 25, 48))
        session = talk.held(organization, author.contributor, now)
        linked(pull, session, method=(1, 4, 7)[day], confidence=("exact", "strong", "medium")[day], share=1.0)
        for n in range(3):
            at = morning + timedelta(minutes=40 + 80 * n)
            make_commit(
                pull, sha(number, day, n), position=day * 3 + n, authored_at=at, author=author,
                superseded_at=at + timedelta(hours=1) if (day, n) == (0, 2) else None,
            )  # fmt: skip
    assert prompts == 40
    opened = pull.opened_at
    happen(pull, Happening.FORCE_PUSHED, start + timedelta(days=1, hours=6, minutes=30), is_by_author=True)
    happen(pull, Happening.CHANGES_REQUESTED, opened + timedelta(hours=2))
    happen(pull, Happening.PUSHED, start + timedelta(days=2, hours=2), is_by_author=True)
    happen(pull, Happening.APPROVED, start + timedelta(days=2, hours=7))
    head = sha(number, 2, 2)
    check(pull, head, start + timedelta(days=2, hours=4), "failure")
    check(pull, head, start + timedelta(days=2, hours=5), "success", attempt=2)
    tested.judge_tests(pull.organization_id, pull.id, now=timezone.now())
    total = int((start + timedelta(days=2, hours=9) - start).total_seconds())
    parts = [
        ("accepted", 120),
        ("committed", 2280),
        ("opened", 105600),
        ("reviewed", 7200),
        ("approved", 82800),
    ]
    take(pull, [*parts, ("merged", total - sum(size for _, size in parts))], start)
    return pull
