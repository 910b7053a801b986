"""The simulator knows what happened in its forge; this compares with it what the product concluded: from the tools'
telemetry, from signed webhooks through the real endpoint, and from the answers to its own questions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from codecard.lib.tenant import tenant
from events import sample
from events.models import (
    BaseState,
    Chore,
    DefaultCommit,
    DefectLink,
    Delivery,
    FileOwners,
    Latency,
    Method,
    PullQuality,
    PullRequest,
    SessionLink,
    Tier,
)
from events.pulls import backfilling, deliveries, sweeping
from events.pulls.handlers import FETCHING, JUDGING
from events.pulls.lines.packing import unpack_runs
from events.pulls.working import work
from events.sample.sending import InProcess
from events.sample.state import state_of
from events.simulation.forge import Truth
from events.simulation.forge.quality import functions, touched
from events.simulation.forge.stories import Story
from events.simulation.forge.truth import PullTruth
from events.simulation.forge.world import World
from teams.models import Organization

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner", "operator"])
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
METHODS = {
    Method.COMMIT_SHA: "sha", Method.SESSION_ID: "trailer", Method.COMMIT_PATCH: "patch_id", Method.BRANCH: "branch",
}  # fmt: skip
# A merge queue squashes here.
INTEGRATIONS = {"queue": "squash", "closed": "", "open": ""}
CLASSES = {"human_known": "human"}


@dataclass
class Concluded:
    organization: Organization
    truth: Truth
    world: World

    def pairs(self) -> Iterator[tuple[PullRequest, PullTruth]]:
        """Each pull request with what is true of it. Inside the tenant."""
        told = {name: dict(pulls) for name, pulls in self.truth.pulls.items()}
        for pull in PullRequest.objects.select_related("repository").order_by("repository__full_name", "number"):
            yield pull, told[pull.repository.full_name].pop(pull.number)
        assert not any(told.values()), "pull requests that were never told of"


def _clock() -> datetime:
    return LATER


def _digest_and_judge(organization_id: int) -> None:
    with tenant(organization_id):
        # Reports came in by the server's clock, which is past the end of this story.
        Chore.objects.filter(not_before__gt=LATER).update(not_before=LATER)
    while deliveries.digest_some(organization_id, clock=_clock, seconds=60):
        pass
    with tenant(organization_id):
        backfilling.begin_new(organization_id, now=LATER)
    while backfilling.work(organization_id, clock=_clock, seconds=60):
        pass
    for _ in range(2):
        while work(organization_id, FETCHING, clock=_clock, seconds=60):
            pass
        while work(organization_id, JUDGING, clock=_clock, seconds=60):
            pass
        sweeping.leave_what_was_late(organization_id, now=LATER)


def conclude(people: int, weeks: int) -> Concluded:
    organization = sample.create(now=NOW, seed=5, people=people, weeks=weeks)
    while sample.fill_next_week(organization_id=organization.id, exchange=InProcess()):
        pass
    _digest_and_judge(organization.id)
    state = state_of(organization)
    assert state
    forge = state.simulation.forge
    return Concluded(organization, forge.truth(), forge.world)


def differences(found: dict[Any, Any], wanted: dict[Any, Any]) -> dict[Any, tuple[Any, Any]]:
    """By key what was found and what is true, where they differ."""
    keys = {*found, *wanted}
    return {key: (found.get(key), wanted.get(key)) for key in keys if found.get(key) != wanted.get(key)}


def _integration(pull: PullRequest, true: PullTruth) -> str:
    """One commit put on top looks the same, however it was called; a backport never reaches the default branch."""
    meant = INTEGRATIONS.get(true.ending, true.ending) if true.integrated_at else ""
    is_single = len(true.integrated) == 1 and {meant, pull.integration} == {"squash", "rebase"}
    return pull.integration if is_single or true.is_backport else meant


def compare_pull_requests(concluded: Concluded) -> int:
    links: dict[int, dict[str, str]] = {}
    for link in SessionLink.objects.exclude(confidence="suggested").select_related("session"):
        links.setdefault(link.pull_request_id, {})[link.session.key] = METHODS[Method(link.method)]
    prompts = dict(Latency.objects.values_list("pull_request_id", "first_prompt_at"))
    found, wanted = {}, {}
    for pull, true in concluded.pairs():
        key = (pull.repository.full_name, pull.number)
        is_timed = bool(true.first_prompt_at and true.integrated_at)
        found[key] = (
            pull.integration, pull.integrated_at, pull.ai_class, pull.is_backport, links.get(pull.id, {}),
            prompts.get(pull.id) if is_timed else None,
        )  # fmt: skip
        wanted[key] = (
            _integration(pull, true), true.integrated_at, CLASSES.get(true.ai_class, true.ai_class), true.is_backport,
            dict(true.methods), true.first_prompt_at if is_timed else None,
        )  # fmt: skip
    assert differences(found, wanted) == {}
    return len(found)


def compare_defects(concluded: Concluded) -> int:
    """Stated ones, reverts, and those that lines alone tell of: none is missed, none that isn't one is found. How much
    of a fix is whose, and so whether it is probable or possible, is the lines' to say."""
    found, wanted = {}, {}
    for link in DefectLink.objects.select_related("defect__repository", "origin"):
        is_confirmed = link.tier == Tier.CONFIRMED
        found[link.defect.repository.full_name, link.origin.number] = (is_confirmed, link.defect.is_cancelled)
    owner = next(iter(concluded.truth.pulls)).partition("/")[0]
    for bug in concluded.truth.bugs:
        if bug.commit and bug.tier:
            wanted[f"{owner}/{bug.repository}", bug.origin] = (bug.tier == "confirmed", bug.is_cancelled())
    assert differences(found, wanted) == {}
    return len(found)


def compare_owners(concluded: Concluded) -> int:
    """Each line that has an owner has the right one; how many do."""
    right = 0
    shas = {(row.repository_id, row.applied_seq): row.sha for row in DefaultCommit.objects.exclude(applied_seq=None)}
    for row in FileOwners.objects.select_related("repository"):
        true = concluded.truth.owners[row.repository.full_name].get(row.path)
        assert true is not None, f"{row.path} isn't there"
        owners = unpack_runs(bytes(row.runs)).owners_of(range(1, len(true) + 1))
        told = [(shas[row.repository_id, owner], sha) for owner, sha in zip(owners, true, strict=True) if owner]
        assert [pair for pair in told if pair[0] != pair[1]] == []
        right += len(told)
    return right


def compare_quality(concluded: Concluded, world: World) -> int:
    """What CI told of each pull request with Python on the default branch: complexity of some of its functions, beside
    what stood right before it, and violations on its lines."""
    told = {
        (f"{world.owner.login}/{story.repository}", story.pull.number): _complexities(world, story)
        for story in world.stories
        if story.pull and story.integrated_at and touched(world, story)
    }
    found: dict[tuple[str, int], dict[str, PullQuality]] = {}
    for row in PullQuality.objects.select_related("pull_request__repository"):
        key = row.pull_request.repository.full_name, row.pull_request.number
        found.setdefault(key, {})[row.tool] = row
    assert found.keys() >= told.keys()
    # What the default branch was before another one tells nothing of one that brought no Python.
    assert all(row.functions == 0 for key in found.keys() - told.keys() for row in found[key].values())
    compared = 0
    for key, values in told.items():
        radon, ruff = found[key]["radon"], found[key]["ruff"]
        assert ruff.violations is not None
        if radon.complexity is not None:
            assert min(values) <= radon.complexity <= max(values)
            assert radon.base_state == BaseState.EXACT
            compared += 1
    return compared


def _complexities(world: World, story: Story) -> list[int]:
    assert story.pull
    tree = story.pull.head.tree
    return [one for path in touched(world, story) for _, _, one in functions(path, tree[path])]


@pytest.mark.parametrize(
    ("people", "weeks", "fewest"),
    [(5, 3, (15, 1, 10_000, 3)), pytest.param(12, 6, (100, 8, 2_000, 20), marks=pytest.mark.slow)],
)
def test_the_product_concludes_what_is_true(people: int, weeks: int, fewest: tuple[int, int, int, int]) -> None:
    concluded = conclude(people, weeks)
    with tenant(concluded.organization.id):
        assert set(Delivery.objects.values_list("state", "body")) <= {("digested", None), ("ignored", None)}
        assert not Chore.objects.exists()
        compared = (
            compare_pull_requests(concluded), compare_defects(concluded), compare_owners(concluded),
            compare_quality(concluded, concluded.world),
        )  # fmt: skip
    assert all(count >= few for count, few in zip(compared, fewest, strict=True)), compared
