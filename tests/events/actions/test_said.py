"""What people say of defects and links: kept, audited, at once in force, and safe to say twice."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from codecard.lib.tenant import tenant
from events.actions.defects import NotIntegratedError, decide_defect, report_defect
from events.actions.links import correct_class, decide_link, open_prompts
from events.actions.replaying import try_chores_again, try_deliveries_again
from events.models import (
    Chore,
    Connection,
    Defect,
    DefectDecision,
    DefectLink,
    Delivery,
    Escape,
    LinkDecision,
    PullRequest,
    Repository,
    Session,
    SessionLink,
)
from events.pulls.chores import ChoreKind
from events.pulls.escapes import compute_defect_escape
from events.pulls.handlers import JUDGING
from events.pulls.working import work
from teams.models import AuditEntry, Organization, User
from tests.events.dashboards._pulls import linked, traced
from tests.factories import NOW, make_contributor, person
from tests.pull_requests import make_pull_request, make_repository

pytestmark = pytest.mark.django_db(transaction=True)
TABLES = (Defect, DefectLink, DefectDecision, LinkDecision, Chore, AuditEntry)


@pytest.fixture
def inside(acme: Organization) -> Iterator[None]:
    with tenant(acme.id):
        yield


@pytest.fixture
def repository(acme: Organization, inside: None) -> Repository:
    return make_repository(acme)


@pytest.fixture
def pull(repository: Repository) -> PullRequest:
    return make_pull_request(repository, 1)


@pytest.fixture
def link(pull: PullRequest) -> DefectLink:
    return traced(pull, make_pull_request(pull.repository, 2), NOW)


def rows() -> list[Any]:
    return [list(model._default_manager.order_by("id").values()) for model in TABLES]


def left() -> set[tuple[str, int]]:
    return set(Chore.objects.values_list("kind", "key"))


def test_a_verdict_is_in_force_at_once_and_leaves_what_follows(link: DefectLink, alice: User) -> None:
    made = decide_defect(link=link, verdict="rejected", reason="A test of it", by=alice, now=NOW)
    link.refresh_from_db()
    assert link.decision == "rejected"
    assert made
    assert (made.defect_key, made.origin_id, made.reason) == (link.defect.key, link.origin_id, "A test of it")
    assert left() == {(ChoreKind.PULL, link.origin_id), (ChoreKind.DEFECT, link.defect.fix_id)}
    entry = AuditEntry.objects.get(action="defect.decided")
    assert entry.details["before"] == {"verdict": ""}
    assert entry.details["after"] == {"verdict": "rejected", "reason": "A test of it"}


def test_the_same_said_twice_is_said_once(link: DefectLink, alice: User) -> None:
    decide_defect(link=link, verdict="confirmed", by=alice, now=NOW)
    once = rows()
    assert decide_defect(link=link, verdict="confirmed", by=alice, now=NOW + timedelta(hours=1)) is None
    assert rows() == once


def test_taking_back_is_a_row_and_deletes_none(link: DefectLink, alice: User) -> None:
    for verdict in ("confirmed", "", "rejected"):
        decide_defect(link=link, verdict=verdict, by=alice, now=NOW)
    assert list(DefectDecision.objects.order_by("id").values_list("verdict", flat=True)) == [
        "confirmed",
        "",
        "rejected",
    ]
    with pytest.raises(ValueError, match="no such verdict"):
        decide_defect(link=link, verdict="maybe", by=alice, now=NOW)


def test_a_report_makes_its_own_defect_once_for_a_fix(pull: PullRequest, alice: User) -> None:
    fix = make_pull_request(pull.repository, 9, opened_at=NOW + timedelta(days=2))
    made = report_defect(pull_request=pull, reason="Wrong sums", fix=fix, by=alice, now=NOW + timedelta(days=5))
    assert (made.method, made.tier, made.decision) == ("person", "confirmed", "confirmed")
    assert made.defect.key == f"report:{made.defect_id}"
    assert made.defect.detected_at == fix.opened_at
    assert made.lag_seconds == 2 * 86_400 + 3600
    once = rows()
    assert report_defect(pull_request=pull, reason="Again", fix=fix, by=alice, now=NOW) == made
    assert rows() == once
    decide_defect(link=made, verdict="", by=alice, now=NOW)
    made.refresh_from_db()
    assert made.decision == "rejected", "a report stands on nothing else"


def test_what_is_not_merged_let_nothing_escape(repository: Repository, alice: User) -> None:
    with pytest.raises(NotIntegratedError):
        report_defect(pull_request=make_pull_request(repository, merged_at=None), reason="x", by=alice, now=NOW)
    assert not Defect.objects.exists()


def session_of(organization: Organization, user: User | None = None, key: str = "s") -> Session:
    owner = person(organization, user) if user else make_contributor(organization)
    return Session.objects.create(
        organization=organization, tool_id=0, key=key, contributor_id=owner.id, started_at=NOW, ended_at=NOW,
        started_on=NOW.date(),
    )  # fmt: skip


def test_a_class_is_corrected_and_given_back_to_the_evidence(pull: PullRequest, alice: User) -> None:
    correct_class(pull_request=pull, ai_class="human", reason="By hand", by=alice, now=NOW)
    assert correct_class(pull_request=pull, ai_class="human", by=alice, now=NOW) is None
    pull.refresh_from_db()
    assert pull.ai_class == "human"
    correct_class(pull_request=pull, ai_class="", by=alice, now=NOW)
    told = LinkDecision.objects.order_by("id").values_list("ai_class", "verdict")
    assert list(told) == [("human", "confirmed"), ("", "")]
    assert left() == {(ChoreKind.PULL, pull.id), (ChoreKind.DEFECT, pull.id)}
    with pytest.raises(ValueError, match="no such class"):
        correct_class(pull_request=pull, ai_class="alien", by=alice, now=NOW)


def test_what_is_called_a_bot_s_counts_nowhere(acme: Organization, pull: PullRequest, alice: User) -> None:
    compute_defect_escape(acme.id, [pull.id], now=NOW)
    correct_class(pull_request=pull, ai_class="bot", by=alice, now=NOW)
    work(acme.id, JUDGING, clock=timezone.now, seconds=10)
    assert set(Escape.objects.values_list("state", flat=True)) == {"left_out"}


def test_a_session_is_unlinked_and_linked_again(acme: Organization, pull: PullRequest, alice: User) -> None:
    session = session_of(acme)
    linked(pull, session)
    decide_link(pull_request=pull, session_id=session.id, verdict="rejected", by=alice, now=NOW)
    once = rows()
    assert decide_link(pull_request=pull, session_id=session.id, verdict="rejected", by=alice, now=NOW) is None
    assert rows() == once
    SessionLink.objects.all().delete()  # as making the links anew may do
    decide_link(pull_request=pull, session_id=session.id, verdict="", by=alice, now=NOW)
    with pytest.raises(SessionLink.DoesNotExist):
        decide_link(pull_request=pull, session_id=session.id + 1, verdict="rejected", by=alice, now=NOW)


def test_people_open_their_own_sessions_only(acme: Organization, pull: PullRequest, alice: User, bob: User) -> None:
    own, other = session_of(acme, bob, "own"), session_of(acme, alice, "other")
    linked(pull, own)
    linked(pull, other)

    def opened(user: User, is_open: bool) -> list[int]:
        return open_prompts(pull_request=pull, contributor=person(acme, user), is_open=is_open, by=user, now=NOW)

    assert opened(bob, True) == opened(bob, True) == [own.id]
    assert opened(alice, True) == sorted([own.id, other.id])
    assert opened(bob, False) == [other.id]
    assert AuditEntry.objects.filter(action__startswith="pull_request.prompts").count() == 3


@pytest.mark.usefixtures("inside")
def test_what_failed_for_good_is_tried_again_and_nothing_else(acme: Organization, alice: User) -> None:
    source = Connection.objects.create(organization=acme, kind="webhook")
    for number, (state, body) in enumerate((("dead", b"x"), ("dead", None), ("digested", None), ("received", b"x"))):
        Delivery.objects.create(
            organization=acme, connection=source, delivery_id=f"{number}", event="push", state=state, body=body,
            attempts=8, error="KeyError", received_at=NOW,
        )  # fmt: skip
    Chore.objects.create(organization=acme, kind="pull", key=1, is_dead=True, attempts=8, error="KeyError")
    Chore.objects.create(organization=acme, kind="pull", key=2, attempts=3, not_before=NOW + timedelta(days=1))
    said: dict[str, Any] = {"organization": acme, "by": alice, "now": NOW}
    assert try_deliveries_again(rows=Delivery.objects.all(), **said) == 1
    assert try_chores_again(rows=Chore.objects.all(), **said) == 1
    assert try_chores_again(rows=Chore.objects.all(), **said) == 0
    assert list(Delivery.objects.order_by("id").values_list("state", "attempts")) == [
        ("received", 0), ("dead", 8), ("digested", 8), ("received", 8),
    ]  # fmt: skip
    assert list(Chore.objects.order_by("id").values_list("is_dead", "attempts", "error")) == [
        (False, 0, ""), (False, 3, ""),
    ]  # fmt: skip
    assert list(AuditEntry.objects.filter(action__endswith="tried_again").values_list("action", flat=True)) == [
        "deliveries.tried_again", "chores.tried_again",
    ]  # fmt: skip
