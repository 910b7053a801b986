"""Complexity and style from CI, where they are shown: on the pull request's page and in the three metrics."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from codecard.lib.formats import NBSP
from codecard.lib.tenant import tenant
from events.answers import Question
from events.metrics._base import By
from events.models import PullQuality, PullRequest
from teams.models import Contributor, Organization, Team
from tests.events.answers.test_answers import BEFORE, NOW_DAYS, answers_of, metric_of
from tests.events.dashboards._judged import make_judged_pull
from tests.events.dashboards._work import monday
from tests.pull_requests import make_repository

pytestmark = [pytest.mark.django_db(transaction=True)]
AT = datetime.combine(monday(1), time(10), UTC)


def quality(pull: PullRequest, tool: str = "radon", **told: Any) -> PullQuality:
    kind = "style" if "violations" in told else "complexity"
    return PullQuality.objects.create(
        organization_id=pull.organization_id, pull_request=pull, tool=tool, sha=pull.merge_sha,
        **{"kind": kind, "is_by_line": True, **told},
    )  # fmt: skip


def test_the_metrics_are_of_what_was_told_and_one_tool_gives_the_complexity(
    acme: Organization, ledger: Team, crew: list[Contributor]
) -> None:
    with tenant(acme.id):
        repository = make_repository(acme, "acme/shop")
        for number in range(30):
            pull = make_judged_pull(repository, crew[number % 5], AT + timedelta(hours=number))
            before = None if number >= 25 else 9.0 if number < 20 else 20.0
            quality(pull, complexity=12.0 + number, complexity_before=before, functions=3)
            quality(pull, "complexipy", complexity=99.0, complexity_before=1.0, functions=3)
            quality(pull, "ruff", violations=2, lines_added=50)
            quality(pull, "eslint", violations=1, lines_added=50)
            quality(pull, "odd", violations=70, lines_added=50, is_by_line=False)
        make_judged_pull(repository, crew[0], AT)
        answers = answers_of(acme, ledger)
        readings = {
            slug: answers.answer(
                Question(metric=metric_of(slug), shown=NOW_DAYS, before=BEFORE, by=By.REPOSITORY)
            ).total
            for slug in ("complexity-delta", "complexity-raised-share", "style-violations")
        }
    level, raised, style = readings.values()
    assert (level.value, level.n, level.text) == (26.5, 30, "26.5")
    assert level.coverage == pytest.approx(30 / 31)
    assert level.is_out_of_range
    assert (raised.numerator, raised.denominator) == (25, 25)
    assert (style.value, style.numerator, style.denominator) == (6.0, 90, 15.0)


def test_the_page_of_a_pull_request_says_what_analysers_found(
    acme: Organization, owner_client: Client, crew: list[Contributor]
) -> None:
    with tenant(acme.id):
        pull = make_judged_pull(make_repository(acme, "acme/shop"), crew[0], AT)
    address = f"/o/{acme.slug}/pulls/acme/shop/{pull.number}/"
    assert "What analysers found" not in owner_client.get(address).content.decode()
    with tenant(acme.id):
        quality(pull, version="6.0.1", complexity=8.1, complexity_before=10.6, functions=4, base_state="exact")
        quality(pull, "lizard", complexity=8.0, functions=1, base_state="near", is_by_line=False)
        quality(pull, "xenon", functions=0)
        quality(pull, "nobase", complexity=2.0, functions=1)
        quality(pull, "ruff", violations=3, lines_added=120)
        quality(pull, "odd", violations=1, lines_added=120, is_by_line=False)
    text = " ".join(
        strip_tags(owner_client.get(address).content.decode().replace("<", " <")).replace(NBSP, " ").split()
    )
    for said in (
        "radon 6.0.1 Complexity 8.1, the 90th percentile of 4 touched functions At its base: 10.6",
        "lizard Complexity 8.0, the 90th percentile of 1 function in the files that it touched"
        " Nothing stood there at an earlier commit of the default branch.",
        "xenon It touched no function.", "Nobody told of its base.", "ruff 3 violations on 120 added lines",
        "odd 1 violation in the files that it touched",
    ):  # fmt: skip
        assert said in text
