"""Which badges a person's data earn now. What they no longer earn goes: data can be deleted, links rejected."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar

from django.db import transaction

from codecard.lib.periods import Days
from codecard.lib.tenant import tenant
from events.models import AiClass, SizeStratum
from events.queries.own import own_days, own_firsts
from events.queries.pull_facts import HORIZON_DAYS, Pull, pulls_of
from events.schema import TaskType
from profiles.badges import all_badges
from profiles.badges._base import Earned, Merged, Record
from profiles.figures import Work
from profiles.models import Audience, EarnedBadge, Profile

Key = TypeVar("Key")
LONGEST: Final = timedelta(days=6 * 366)
"""As old as anything can be that is taken in."""


def judge_badges(*, user_id: int, now: datetime) -> None:
    """Of the organizations that allow publication: a badge is for showing. Safe to repeat; does nothing for somebody
    without a profile."""
    profile = Profile.objects.select_related("user").filter(user_id=user_id, user__is_active=True).first()
    if profile is None:
        return
    record = record_of(profile, now)
    judged = {badge.slug: badge.judge(record) for badge in all_badges()}
    _keep(profile, {slug: earned for slug, earned in judged.items() if earned}, now)


@transaction.atomic
def _keep(profile: Profile, earned: Mapping[str, Earned], now: datetime) -> None:
    row = Profile.objects.select_for_update(no_key=True).get(id=profile.id)
    before = {one.slug: one for one in EarnedBadge.objects.filter(user_id=row.user_id)}
    gone = before.keys() - earned.keys()
    changed = {
        slug: one for slug, one in earned.items()
        if slug not in before or (before[slug].earned_on, before[slug].evidence) != (one.on, dict(one.evidence))
    }  # fmt: skip
    if not gone and not changed:
        return
    EarnedBadge.objects.filter(user_id=row.user_id, slug__in=gone).delete()
    for slug, one in changed.items():
        values = {"earned_on": one.on, "evidence": dict(one.evidence), "judged_at": now}
        EarnedBadge.objects.update_or_create(user_id=row.user_id, slug=slug, defaults=values)
    row.changed_at = now
    row.save(update_fields=["changed_at"])


def record_of(profile: Profile, now: datetime) -> Record:
    work = Work.of(profile, Audience.PUBLIC, now)
    whole = Days(work.today - LONGEST, work.today + timedelta(days=1))
    active, merged = set[date](), list[Merged]()
    tools, tasks = dict[str, date](), dict[TaskType, date]()
    for one in work.me:
        organization = one.organization
        with tenant(organization.id):
            days = [day.day for day in own_days(organization.id, one.contributor_id, whole) if day.accepted]
            firsts = own_firsts(organization.id, one.contributor_id, days)
            pulls = pulls_of(organization.id, [one.contributor_id], [whole], organization.time_zone, now)
        active |= set(days)
        merged += [_merged(pull) for pull in pulls if pull.ai_class == AiClass.AI]
        for first in firsts:
            _earlier(tools, first.tool, first.on)
            _earlier(tasks, first.task, first.on)
    rest = frozenset(profile.rest_days)
    return Record(frozenset(active), rest, work.today, tools, tasks, sorted(merged, key=lambda pull: pull.on))


def _earlier(found: dict[Key, date], key: Key | None, on: date) -> None:
    if key:
        found[key] = min(on, found.get(key, on))


def _merged(pull: Pull) -> Merged:
    on = datetime.fromtimestamp(pull.integrated, UTC).date()
    return Merged(
        on=on,
        first_run=pull.tests,
        escape=pull.escape,
        judged_on=on + timedelta(days=HORIZON_DAYS + 1),
        changes_tests=pull.test_lines_changed > 0,
        is_reviewed=pull.review_seconds is not None,
        is_small=pull.size == SizeStratum.UNDER_20,
    )
