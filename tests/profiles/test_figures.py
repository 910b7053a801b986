"""What is shown of a person: their own work, of the organizations that count, and nobody else's."""

from datetime import date, timedelta

import pytest

from codecard.lib.tenant import tenant
from events.models import Repository
from profiles.figures import MEASURES, sections_for, shown_to
from profiles.models import Audience, Section
from profiles.shown import Shown
from teams.models import Contributor, Membership, Organization, User
from tests.events.dashboards._work import NOW, monday, work
from tests.factories import person
from tests.profiles._life import DAY, TODAY, accept, member, merge_pull, profile_of

pytestmark = pytest.mark.django_db(transaction=True)


def shown(user: User, audience: Audience = Audience.ME, **fields: object) -> Shown:
    return shown_to(profile_of(user, **fields), audience, now=NOW)


def member_of(organization: Organization, user: User) -> Contributor:
    with tenant(organization.id):
        return person(organization, user)


def test_nothing_is_shown_of_somebody_without_data(bob: User) -> None:
    found = shown(bob)
    assert found.is_empty
    assert (found.handle, found.name) == (f"h{bob.id}", "Bob")


def test_days_are_counted_over_all_organizations_and_nobody_elses(
    acme: Organization, globex: Organization, alice: User, bob: User
) -> None:
    in_acme, in_globex = member_of(acme, bob), member(globex, bob)
    accept(acme, in_acme, TODAY, 3)
    accept(acme, in_acme, TODAY - DAY, 1)
    accept(globex, in_globex, TODAY, 2)
    accept(acme, member_of(acme, alice), TODAY, 50)
    found = shown(bob)
    activity, totals = found.activity, found.totals
    assert activity
    assert totals
    assert dict(activity.days)[TODAY] == 5
    assert (activity.active_days, activity.accepted, activity.current_streak) == (2, 6, 2)
    assert len(activity.days) == 52 * 7 + TODAY.weekday() + 1
    assert [day for day, _ in activity.days][-1] == TODAY
    assert (totals.active_days, totals.accepted, totals.sessions) == (2, 6, 3)


def test_models_tokens_and_tasks_are_sums_of_what_was_done(acme: Organization, bob: User) -> None:
    me = member_of(acme, bob)
    accept(acme, me, TODAY, 3)
    accept(acme, me, TODAY - DAY, 1, model="gpt-5.5", tool="codex", path_class="docs", language="Markdown")
    found = shown(bob)
    assert [(one.name, one.share, one.tokens) for one in found.models] == [
        ("claude-sonnet-4-5", 0.5, 100),
        ("gpt-5.5", 0.5, 100),
    ]
    assert [(one.task, one.share) for one in found.tasks] == [("test", 0.75), ("docs", 0.25)]
    months = {one.month_on: (one.output, one.input, one.cached) for one in found.months}
    assert months[date(2026, 6, 1)] == (20, 60, 120)
    assert len(months) == 12


def test_measures_are_those_of_the_last_thirteen_weeks(acme: Organization, globex: Organization, bob: User) -> None:
    in_acme, in_globex = member_of(acme, bob), member(globex, bob)
    work(acme, in_acme, monday(1), accepted=60, rejected=60)
    work(globex, in_globex, monday(13), accepted=60, rejected=20)
    work(acme, in_acme, monday(14), accepted=1_000)
    work(acme, in_acme, monday(0), accepted=1_000)
    [acceptance] = shown(bob).measures
    assert acceptance.slug == MEASURES[0][0]
    assert (acceptance.reading.value, acceptance.reading.n) == (0.6, 200)
    assert acceptance.reading.band_text == "25–60%"


def test_pull_requests_of_the_person_alone_are_counted_and_pinned(acme: Organization, alice: User, bob: User) -> None:
    me = member_of(acme, bob)
    accept(acme, me, TODAY, repository="github.com/bob/open")
    at = NOW - timedelta(days=5)
    merge_pull(acme, me, at, "bob/open")
    merge_pull(acme, me, at, "acme/secret")
    merge_pull(acme, member_of(acme, alice), at, "bob/open")
    with tenant(acme.id):
        Repository.objects.filter(organization=acme, full_name="bob/open").update(is_private=False)
    found = shown(bob)
    assert found.totals
    assert found.totals.pull_requests == 2
    [pinned] = found.repositories
    assert (pinned.full_name, pinned.pull_requests, pinned.median_seconds, pinned.language) == (
        "bob/open", 1, 300.0, "Python",
    )  # fmt: skip


def test_organizations_that_forbid_it_count_for_the_person_alone(
    acme: Organization, globex: Organization, bob: User
) -> None:
    Organization.objects.filter(id=acme.id).update(allows_publication=False)
    accept(acme, member_of(acme, bob), TODAY, 3)
    accept(globex, member(globex, bob), TODAY, 4)
    profile = profile_of(bob)
    for audience, count in ((Audience.ME, 7), (Audience.ORGANIZATION, 4), (Audience.PUBLIC, 4)):
        totals = shown_to(profile, audience, now=NOW).totals
        assert totals
        assert totals.accepted == count
    profile.left_out = [globex.id]
    assert shown_to(profile, Audience.PUBLIC, now=NOW).totals is None


def test_who_left_an_organization_shows_nothing_of_it(acme: Organization, bob: User) -> None:
    accept(acme, member_of(acme, bob), TODAY, 3)
    with tenant(acme.id):
        Membership.objects.filter(organization=acme, user=bob).update(is_active=False)
    assert shown(bob).is_empty


def test_each_audience_sees_its_sections_and_no_others(acme: Organization, bob: User) -> None:
    accept(acme, member_of(acme, bob), TODAY, 3)
    own = {Section.TASKS: Audience.ORGANIZATION, Section.MODELS: Audience.ME, Section.TOKENS: Audience.PUBLIC}
    profile = profile_of(bob, audiences={key.value: audience.value for key, audience in own.items()})
    assert sections_for(profile, Audience.ME) == set(Section)
    assert sections_for(profile, Audience.ORGANIZATION) == set(Section) - {Section.MODELS}
    assert sections_for(profile, Audience.PUBLIC) == set(Section) - {Section.MODELS, Section.TASKS}
    public = shown_to(profile, Audience.PUBLIC, now=NOW)
    assert (public.models, public.tasks, bool(public.months)) == ((), (), True)
    assert shown_to(profile, Audience.PUBLIC, now=NOW, sections=[Section.TOTALS, Section.TASKS]).months == ()
