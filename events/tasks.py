"""What runs in the background, and when. Each task is one call into the domain, and safe to run twice."""

import time
from collections.abc import Iterator

from celery import shared_task
from django.core.cache import cache
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from codecard.lib.tenant import tenant
from events import erasing, retention, sample
from events.actions.own_data import deletion_step
from events.ledger.relocation import relocate_step
from events.models import Deletion, Relocation, Repository
from events.pulls import backfilling, chores, deliveries, discovering, escapes, sweeping
from events.pulls.github.errors import GitHubError
from events.pulls.handlers import FETCHING, JUDGING
from events.pulls.working import work
from events.sample.sending import nearest
from events.sample.state import state_of
from teams.models import Organization

SECONDS_AT_A_TIME = 20
SECONDS_OF_A_TURN = 5
"""Then the organization goes to the end of the queue: a busy one can't keep the others waiting."""
HINT_SECONDS = 300
GONE = (OperationalError, InterfaceError)


@shared_task(acks_late=True, autoretry_for=(OSError,), retry_backoff=5, max_retries=20)
def fill_sample(*, organization_id: int) -> None:
    """Sends one week of the sample and asks for the next, so that stopping waits for a week at most."""
    with nearest() as exchange:
        has_more = sample.fill_next_week(organization_id=organization_id, exchange=exchange)
    if has_more:
        fill_sample.delay(organization_id=organization_id)


@shared_task(acks_late=True)
def erase_sample(*, organization_id: int) -> None:
    sample.erase(organization_id=organization_id)


@shared_task(acks_late=True)
def continue_samples() -> None:
    """Takes up the samples that a lost queue left half filled or half erased."""
    for organization in Organization.objects.filter(is_sample=True):
        state = state_of(organization)
        if state and state.is_retired:
            erase_sample.delay(organization_id=organization.id)
        elif state and state.left:
            fill_sample.delay(organization_id=organization.id)


@shared_task(acks_late=True, autoretry_for=(OperationalError,), retry_backoff=1, retry_jitter=True, max_retries=20)
def relocate(*, organization_id: int) -> None:
    """Moves facts after names for some seconds, then makes room: a large organization can't keep others waiting."""
    until = time.monotonic() + SECONDS_AT_A_TIME
    while relocate_step(organization_id):
        if time.monotonic() > until:
            relocate.delay(organization_id=organization_id)
            return


@shared_task(acks_late=True)
def continue_relocations() -> None:
    """Takes up what a lost queue or a killed worker left."""
    for organization_id in Organization.objects.values_list("id", flat=True).iterator():
        with tenant(organization_id):
            is_left = Relocation.objects.filter(organization_id=organization_id, finished_at=None).exists()
        if is_left:
            relocate.delay(organization_id=organization_id)


@shared_task(acks_late=True, autoretry_for=(OperationalError,), retry_backoff=1, retry_jitter=True, max_retries=20)
def delete_own_data(*, organization_id: int) -> None:
    """Goes on with deletions that people asked for, for some seconds, then makes room."""
    until = time.monotonic() + SECONDS_AT_A_TIME
    while deletion_step(organization_id, now=timezone.now()):
        if time.monotonic() > until:
            delete_own_data.delay(organization_id=organization_id)
            return


@shared_task(acks_late=True)
def continue_deletions() -> None:
    """Takes up what a lost queue or a killed worker left."""
    for organization_id in Organization.objects.values_list("id", flat=True).iterator():
        with tenant(organization_id):
            is_left = Deletion.objects.filter(organization_id=organization_id).exists()
        if is_left:
            delete_own_data.delay(organization_id=organization_id)


@shared_task(acks_late=True)
def ensure_partitions() -> None:
    """Makes the monthly partitions of the events that the next fifteen months need."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT events_ensure_partitions((now() + interval '15 months')::date)")


@shared_task(acks_late=True)
def erase_deleted_organizations() -> None:
    """Asks for the end of every organization whose time of grace is over, also of those that were left half erased."""
    for organization_id in erasing.due(timezone.now()):
        erase_organization.delay(organization_id=organization_id)


@shared_task(acks_late=True, autoretry_for=(OperationalError,), retry_backoff=5, retry_jitter=True, max_retries=10)
def erase_organization(*, organization_id: int) -> None:
    erasing.erase_organization(organization_id=organization_id, now=timezone.now())


@shared_task(acks_late=True)
def apply_all_retention() -> None:
    """Every night, for each organization that does not keep its events for ever."""
    for organization_id in retention.organizations():
        apply_retention.delay(organization_id=organization_id)


@shared_task(acks_late=True, autoretry_for=(OperationalError,), retry_backoff=5, retry_jitter=True, max_retries=10)
def apply_retention(*, organization_id: int) -> None:
    retention.apply_retention(organization_id=organization_id, now=timezone.now())


@shared_task(acks_late=True, autoretry_for=GONE, retry_backoff=2, retry_jitter=True, max_retries=10, time_limit=180)
def judge(*, organization_id: int) -> None:
    """Links and judges pull requests for one turn, and asks for the next."""
    cache.delete(_hint("judge", organization_id))
    if work(organization_id, JUDGING, clock=timezone.now, seconds=SECONDS_OF_A_TURN):
        ask_to_judge(organization_id)


@shared_task(acks_late=True, autoretry_for=GONE, retry_backoff=2, retry_jitter=True, max_retries=10, time_limit=180)
def ask_github(*, organization_id: int) -> None:
    """Fetches what deliveries don't tell for one turn, asks for the next, and has judged what it brought."""
    cache.delete(_hint("ask_github", organization_id))
    if work(organization_id, FETCHING, clock=timezone.now, seconds=SECONDS_OF_A_TURN):
        ask_to_fetch(organization_id)
    ask_to_judge(organization_id)


@shared_task(acks_late=True, autoretry_for=GONE, retry_backoff=2, retry_jitter=True, max_retries=10, time_limit=900)
def backfill(*, organization_id: int) -> None:
    """Asks for the past of one repository for one turn, asks for the next, and has judged what it brought."""
    cache.delete(_hint("backfill", organization_id))
    if backfilling.work(organization_id, clock=timezone.now, seconds=SECONDS_OF_A_TURN):
        ask_to_backfill(organization_id)
    ask_to_judge(organization_id)


@shared_task(acks_late=True)
def continue_backfills() -> None:
    """Takes up what a lost queue, a killed worker or a rate limit left, and begins with repositories that are new."""
    now = timezone.now()
    for organization_id in Organization.objects.values_list("id", flat=True).iterator():
        with tenant(organization_id):
            backfilling.begin_new(organization_id, now=now)
            is_left = backfilling.is_anything_left(organization_id, now=now)
        if is_left:
            ask_to_backfill(organization_id)


@shared_task(acks_late=True)
def look_again_at_github() -> None:
    """Every hour, for what deliveries that got lost would have told."""
    now = timezone.now()
    for organization_id in Organization.objects.values_list("id", flat=True).iterator():
        with tenant(organization_id):
            backfilling.look_again(organization_id, now=now)
            is_left = backfilling.is_anything_left(organization_id, now=now)
        if is_left:
            ask_to_backfill(organization_id)


@shared_task(acks_late=True, autoretry_for=GONE, retry_backoff=2, retry_jitter=True, max_retries=10, time_limit=180)
def digest_deliveries(*, organization_id: int) -> None:
    """Digests what GitHub sent for one turn, asks for the next, and for what follows from it."""
    cache.delete(_hint("digest_deliveries", organization_id))
    if deliveries.digest_some(organization_id, clock=timezone.now, seconds=SECONDS_OF_A_TURN):
        ask_to_digest(organization_id)
    ask_to_judge(organization_id)
    ask_to_fetch(organization_id)


@shared_task(
    acks_late=True,
    autoretry_for=(*GONE, GitHubError),
    retry_backoff=5,
    retry_jitter=True,
    max_retries=8,
    time_limit=300,
)
def find_repositories(*, organization_id: int, connection_id: int) -> None:
    """Those of an installation that was just connected."""
    discovering.find_repositories(organization_id, connection_id, now=timezone.now())


@shared_task(acks_late=True)
def continue_deliveries() -> None:
    """Takes up what a lost queue, a killed worker or a pause left, and ends what is too old."""
    now = timezone.now()
    for organization_id in Organization.objects.values_list("id", flat=True).iterator():
        with tenant(organization_id):
            deliveries.expire(organization_id, now=now)
            is_left = deliveries.is_anything_left(organization_id, now=now)
        if is_left:
            ask_to_digest(organization_id)


def ask_to_digest(organization_id: int) -> None:
    if cache.add(_hint("digest_deliveries", organization_id), 1, HINT_SECONDS):
        digest_deliveries.apply_async(kwargs={"organization_id": organization_id}, queue="deliveries")


def ask_to_judge(organization_id: int) -> None:
    """One hint is enough, however many deliveries ask."""
    if cache.add(_hint("judge", organization_id), 1, HINT_SECONDS):
        judge.delay(organization_id=organization_id)


def ask_to_fetch(organization_id: int) -> None:
    if cache.add(_hint("ask_github", organization_id), 1, HINT_SECONDS):
        ask_github.apply_async(kwargs={"organization_id": organization_id}, queue="backfill")


def ask_to_backfill(organization_id: int) -> None:
    if cache.add(_hint("backfill", organization_id), 1, HINT_SECONDS):
        backfill.apply_async(kwargs={"organization_id": organization_id}, queue="backfill")


def _hint(task: str, organization_id: int) -> str:
    return f"hint:{task}:{organization_id}"


@shared_task(acks_late=True)
def mature_all_escapes() -> None:
    """Every night: windows that are over close by the clock alone, whatever is or isn't told."""
    for organization_id in Organization.objects.values_list("id", flat=True).iterator():
        mature_escapes.delay(organization_id=organization_id)


@shared_task(acks_late=True, autoretry_for=(OperationalError,), retry_backoff=5, retry_jitter=True, max_retries=10)
def mature_escapes(*, organization_id: int) -> None:
    with tenant(organization_id):
        escapes.mature(organization_id, now=timezone.now())


@shared_task(acks_late=True)
def look_for_late_links() -> None:
    """Sessions that grew or became known after their pull request was judged, and changes that landed by hand."""
    now = timezone.now()
    for organization_id in _with_repositories():
        if sweeping.leave_what_was_late(organization_id, now=now):
            ask_to_judge(organization_id)


@shared_task(acks_late=True)
def judge_what_is_outdated() -> None:
    """After an update that judges otherwise, some thousands of each organization a night."""
    now = timezone.now()
    for organization_id in _with_repositories():
        if sweeping.leave_what_is_outdated(organization_id, now=now):
            ask_to_judge(organization_id)


@shared_task(acks_late=True)
def forget_old_reports() -> None:
    """Every night, for each organization that has repositories."""
    now = timezone.now()
    for organization_id in _with_repositories():
        retention.forget_reports(organization_id=organization_id, now=now)


def _with_repositories() -> Iterator[int]:
    for organization_id in Organization.objects.values_list("id", flat=True).iterator():
        with tenant(organization_id):
            has_any = Repository.objects.filter(organization=organization_id).exists()
        if has_any:
            yield organization_id


@shared_task(acks_late=True)
def continue_chores() -> None:
    """Takes up what a lost queue or a killed worker left."""
    now = timezone.now()
    for organization_id in Organization.objects.values_list("id", flat=True).iterator():
        with tenant(organization_id):
            is_left = [chores.is_anything_left(organization_id, kinds, now=now) for kinds in (JUDGING, FETCHING)]
        if is_left[0]:
            judge.delay(organization_id=organization_id)
        if is_left[1]:
            ask_github.apply_async(kwargs={"organization_id": organization_id}, queue="backfill")
