"""The team's dashboard, whole: what is shown to whom, and above all what is not."""

import csv
import gzip
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from codecard.lib.reading import Band, Reading
from codecard.lib.tenant import tenant
from events.dashboards.charts import week_label
from events.dashboards.rulers import Tile, led_by_rules, metric_named
from events.models import Annotation, HealthyRange
from teams import actions
from teams.models import Contributor, CostVisibility, Organization, Team, User
from tests import factories
from tests.events.dashboards._work import NOW, monday, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]
LEDGER = "/o/acme/t/ledger/"


def _context(client: Client, address: str = LEDGER) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.context


def _tile(context: Any, slug: str) -> Any:
    return next(one for one in context["tiles"] if one.metric.slug == slug).reading


def _everybody_works(acme: Organization, crew: list[Contributor], **fields: Any) -> None:
    for weeks_ago in range(1, 9):
        for person in crew:
            work(acme, person, monday(weeks_ago), **fields)


@pytest.mark.usefixtures("ledger")
def test_a_team_without_data_is_asked_to_connect_a_tool(alice_client: Client) -> None:
    answer = alice_client.get(LEDGER)
    assert answer.context["state"] == "empty"
    assert "No data yet" in answer.text


@pytest.mark.usefixtures("ledger")
def test_figures_of_four_weeks_are_compared_with_the_four_before(
    acme: Organization, crew: list[Contributor], alice_client: Client
) -> None:
    _everybody_works(acme, crew, accepted=3, rejected=7, auto=10, lines=5, tokens=1000)
    for person in crew:
        work(acme, person, monday(1), accepted=20)
    context = _context(alice_client)
    assert context["state"] == "ready"
    assert context["active_people"] == context["members"] == 6
    acceptance = _tile(context, "acceptance-rate")
    assert acceptance.value == pytest.approx((24 * 3 + 120) / (24 * 10 + 120))
    assert acceptance.previous == pytest.approx(0.3)
    assert acceptance.is_real_change
    assert context["tokens"].value == 24 * 1000 + 600
    assert context["tokens"].previous == 24 * 1000
    assert context["sessions"].value == 30
    assert context["lines_added"].value == context["lines_added"].previous == 120
    assert [row.name for row in context["models"]] == ["claude-sonnet-4-5"]
    assert context["models"][0].share == 1.0
    assert [row.name for row in context["tools"]] == ["claude-code"]
    assert len(context["weeks"]) == 5


@pytest.mark.usefixtures("ledger")
def test_the_running_week_is_drawn_and_not_counted(
    acme: Organization, crew: list[Contributor], alice_client: Client
) -> None:
    _everybody_works(acme, crew, tokens=10)
    for person in crew:
        work(acme, person, monday(0), tokens=1_000_000)
    context = _context(alice_client)
    assert context["tokens"].value == 240
    assert context["weeks"][0]["is_running"]
    assert context["weeks"][0]["tokens"] == 6_000_000
    assert [point.is_running for point in context["acceptance_chart"].points[-2:]] == [False, True]


@pytest.mark.usefixtures("ledger")
def test_fewer_people_than_the_floor_are_withheld(
    acme: Organization, crew: list[Contributor], alice_client: Client, owner_client: Client
) -> None:
    for person in crew[:4]:
        work(acme, person, monday(1), accepted=77, tokens=4321)
    for client in (alice_client, owner_client):
        answer = client.get(LEDGER)
        assert answer.context["state"] == "withheld"
        assert "Withheld to protect people" in answer.text
        assert answer.context["newest_at"] is None
        words = strip_tags(answer.text)  # tokens stand in attributes, and are random
        assert "77" not in words
        assert "4,321" not in words


@pytest.mark.usefixtures("ledger")
def test_two_periods_cannot_be_subtracted_to_reveal_a_thin_week(
    acme: Organization, crew: list[Contributor], alice_client: Client
) -> None:
    for weeks_ago in (2, 3, 4):
        for person in crew:
            work(acme, person, monday(weeks_ago), tokens=100, prompts=2)
    work(acme, crew[0], monday(1), tokens=999, prompts=5)
    long = _context(alice_client)
    short = _context(alice_client, f"{LEDGER}?p={monday(4)}..{monday(1)}")
    assert long["tokens"].value == short["tokens"].value == 1800
    assert long["prompts"].value == short["prompts"].value == 36
    assert long["withheld_weeks"] == 1
    assert long["weeks"][1]["is_withheld"]
    assert long["weeks"][1]["tokens"] is None


@pytest.mark.usefixtures("ledger")
def test_a_number_that_one_of_many_active_people_has_is_withheld_too(
    acme: Organization, crew: list[Contributor], alice_client: Client
) -> None:
    for person in crew:
        work(acme, person, monday(1), tokens=100)
    work(acme, crew[0], monday(1), accepted=150, lines=77)
    context = _context(alice_client)
    assert context["tokens"].value == 700
    assert _tile(context, "acceptance-rate").value is None
    assert _tile(context, "acceptance-rate").is_withheld
    assert context["lines_added"].value is None
    assert context["lines_added"].is_withheld
    assert context["acceptance_chart"].points[-2].value is None


@pytest.mark.usefixtures("ledger")
def test_a_model_of_few_people_is_merged_with_the_next_smallest(
    acme: Organization, crew: list[Contributor], alice_client: Client
) -> None:
    for person in crew:
        work(acme, person, monday(1), model="opus", tokens=1000)
    for person in crew[:5]:
        work(acme, person, monday(1), model="sonnet", tokens=100)
    work(acme, crew[0], monday(1), model="secret", tokens=7)
    rows = {row.name: row.tokens for row in _context(alice_client)["models"]}
    assert rows == {"opus": 6000, "Withheld, together": 507}


def test_a_team_that_exceeds_another_by_one_person_shows_nothing_of_that_week(
    acme: Organization, crew: list[Contributor], ledger: Team, alice_client: Client
) -> None:
    inner = factories.make_team(acme, "Inner")
    with tenant(acme.id):
        for person in crew[:5]:
            actions.join_team(team=inner, contributor=person, by=None, now=NOW)
    for person in crew:
        work(acme, person, monday(1))
    assert _context(alice_client)["state"] == "withheld"
    assert _context(alice_client, "/o/acme/t/inner/")["state"] == "ready"


def test_one_may_always_see_oneself(acme: Organization, bob: User, bob_client: Client, alice_client: Client) -> None:
    team = factories.make_team(acme, "Solo")
    with tenant(acme.id):
        person = factories.person(acme, bob)
        actions.join_team(team=team, contributor=person, by=None, now=NOW)
    work(acme, person, monday(1), tokens=123)
    assert _context(bob_client, "/o/acme/t/solo/")["tokens"].value == 123
    assert _context(alice_client, "/o/acme/t/solo/")["state"] == "withheld"


@pytest.mark.usefixtures("ledger")
def test_cost_is_for_those_who_may_see_it(
    acme: Organization, crew: list[Contributor], alice_client: Client, owner_client: Client
) -> None:
    _everybody_works(acme, crew)
    hidden, shown = _context(alice_client), _context(owner_client)
    assert hidden["cost"] is None
    assert "$" not in alice_client.get(LEDGER).text
    assert shown["cost"].value == 12_000_000
    assert [(part.name, part.value) for part in shown["cost_slices"]] == [
        ("Given by the tool", 12_000_000),
        ("Estimated", 0),
    ]
    acme.cost_visibility = CostVisibility.MEMBERS
    acme.save()
    assert _context(alice_client)["cost"].value == 12_000_000


@pytest.mark.usefixtures("ledger")
def test_where_one_person_alone_has_estimated_cost_it_stands_with_the_rest(
    acme: Organization, crew: list[Contributor], owner_client: Client
) -> None:
    for person in crew:
        work(acme, person, monday(1), cost_usd=1.0)
    work(acme, crew[0], monday(1), cost_usd=None, tokens=100_000)
    context = _context(owner_client)
    assert [part.name for part in context["cost_slices"]] == ["Given or estimated"]
    assert context["cost_slices"][0].value == context["cost"].value > 6_000_000


@pytest.mark.usefixtures("ledger")
def test_tokens_without_a_price_are_unpriced_not_free(
    acme: Organization, crew: list[Contributor], owner_client: Client
) -> None:
    for person in crew:
        work(acme, person, monday(1), cost_usd=None, model="local-model", tokens=500)
    context = _context(owner_client)
    assert context["unpriced_tokens"] == 3000
    assert context["models"][0].cost is None
    assert "unpriced" in owner_client.get(LEDGER).text


@pytest.mark.usefixtures("ledger")
def test_under_a_hundred_decisions_nothing_is_judged(
    acme: Organization, crew: list[Contributor], alice_client: Client
) -> None:
    for person in crew:
        work(acme, person, monday(1), accepted=10, rejected=6)
    reading = _tile(_context(alice_client), "acceptance-rate")
    assert reading.n == 96
    assert reading.is_few
    assert "Too few to judge" in alice_client.get(LEDGER).text


@pytest.mark.usefixtures("ledger")
def test_where_rules_decide_most_their_share_leads_and_the_rest_is_said(
    acme: Organization, crew: list[Contributor], alice_client: Client
) -> None:
    for person in crew:
        work(acme, person, monday(1), accepted=15, rejected=5, auto=80)
    tile = _context(alice_client)["tiles"][0]
    assert (tile.label, tile.reading.value) == ("Approved by a rule", 0.8)
    assert tile.aside == "People decided on the rest: 75.0% accepted"


def test_where_rules_decide_most_what_was_kept_leads_if_it_is_known() -> None:
    def tile(slug: str, value: float | None) -> Tile:
        reading = Reading(value=value, n=100)
        return Tile(metric=metric_named(slug), label=slug, href="", reading=reading, note="")

    accepted, kept, unknown = tile("acceptance-rate", 0.75), tile("kept-share", 0.9), tile("kept-share", None)
    found = led_by_rules(accepted, Reading(value=0.8, n=100), kept)
    assert (found.label, found.aside) == (
        "kept-share", "Rules approved 80.0%. People decided on the rest: 75.0% accepted",
    )  # fmt: skip
    assert led_by_rules(accepted, Reading(value=0.8, n=100), unknown).label == "Approved by a rule"
    assert led_by_rules(accepted, Reading(value=0.4, n=100), kept) is accepted


@pytest.mark.usefixtures("ledger")
def test_behaviour_takes_one_filter_and_says_so_while_work_goes_on(
    acme: Organization, crew: list[Contributor], alice_client: Client
) -> None:
    for person in crew:
        work(acme, person, monday(1), accepted=30, rejected=20)
        work(acme, person, monday(1), accepted=10, rejected=40, model="gpt-5.1-codex")
    one = _context(alice_client, f"{LEDGER}?model=gpt-5.1-codex")
    assert _tile(one, "acceptance-rate").value == 0.2
    answer = alice_client.get(f"{LEDGER}?model=gpt-5.1-codex&task=test")
    assert _tile(answer.context, "acceptance-rate") is None
    assert "one thing at a time" in answer.text
    assert _tile(answer.context, "defect-escape-rate") is not None
    assert answer.context["acceptance_chart"] is None
    clear = next(chip.clear for chip in answer.context["chips"] if chip.label == "Model")
    assert clear == f"{LEDGER}?task=test"


@pytest.mark.usefixtures("ledger")
def test_a_menu_offers_only_what_may_be_told(acme: Organization, crew: list[Contributor], alice_client: Client) -> None:
    for person in crew:
        work(acme, person, monday(1), accepted=30, rejected=20)
        work(acme, person, monday(1), accepted=30, rejected=20, model="opus")
    work(acme, crew[0], monday(1), accepted=7, model="of-one-person")
    answer = alice_client.get(LEDGER)
    assert "of-one-person" not in strip_tags(answer.text)
    assert "No kind of work" in answer.text


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("query", ["?task=%00", "?model=<b>&repo=';--", "?lang=" + "x" * 5000, "?task=nonsense"])
def test_filters_that_nothing_fits_leave_the_page(
    query: str, acme: Organization, crew: list[Contributor], alice_client: Client
) -> None:
    for person in crew:
        work(acme, person, monday(1), accepted=30, rejected=20)
    answer = alice_client.get(LEDGER + query)
    assert answer.status_code == 200
    assert "<b>&" not in answer.text


@pytest.mark.usefixtures("ledger")
def test_a_change_that_is_no_chance_is_found_and_leads_to_its_metric(
    acme: Organization, crew: list[Contributor], alice_client: Client
) -> None:
    for person in crew:
        work(acme, person, monday(1), accepted=50, rejected=50)
        work(acme, person, monday(5), accepted=10, rejected=90)
        work(acme, person, monday(1), accepted=49, rejected=51)
        work(acme, person, monday(5), accepted=11, rejected=89)
    answer = alice_client.get(f"{LEDGER}?vs=prev")
    (finding, href), *_ = answer.context["findings"]
    assert (finding.metric.slug, finding.kind) == ("acceptance-rate", "back_in_range")
    assert href == f"{LEDGER}m/acceptance-rate/"
    quiet = alice_client.get(f"{LEDGER}?vs=none")
    assert "Nothing changed beyond chance" in quiet.text


@pytest.mark.usefixtures("ledger")
def test_the_file_says_what_the_page_says(acme: Organization, crew: list[Contributor], alice_client: Client) -> None:
    for person in crew:
        work(acme, person, monday(1), accepted=30, rejected=20)
    answer = alice_client.get(f"{LEDGER}export.csv")
    lines = list(csv.reader(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()))  # type: ignore[attr-defined]
    row = dict(
        zip(lines[0], next(line for line in lines if line[0] == metric_named("acceptance-rate").label), strict=True)
    )
    assert (row["Value"], row["Sample"], row["Verdict"]) == ("0.6", "300", "In range")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"


@pytest.mark.usefixtures("ledger")
def test_old_data_are_called_stale(acme: Organization, crew: list[Contributor], alice_client: Client) -> None:
    for person in crew:
        work(acme, person, monday(2))
    assert _context(alice_client)["is_stale"]


@pytest.mark.usefixtures("ledger")
def test_a_period_without_data_is_quiet(acme: Organization, crew: list[Contributor], alice_client: Client) -> None:
    for person in crew:
        work(acme, person, monday(20))
    assert _context(alice_client)["state"] == "quiet"


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize(
    "query", ["?p=nonsense", "?p=2026-05-01..2026-04-01", "?p=%00", "?from=x&to=y", "?vs=never", "?p="]
)
def test_what_cannot_be_understood_gives_a_corrected_page_with_a_notice(query: str, alice_client: Client) -> None:
    answer = alice_client.get(LEDGER + query)
    assert answer.status_code == 200
    assert answer.context["notice"]
    assert answer.context["period"].key == "28d"


@pytest.mark.usefixtures("ledger")
def test_a_year_before_is_compared_week_by_week(
    acme: Organization, crew: list[Contributor], alice_client: Client
) -> None:
    for weeks_ago, tokens in ((1, 100), (53, 50)):
        for person in crew:
            work(acme, person, monday(weeks_ago), tokens=tokens, accepted=20, rejected=20)
    context = _context(alice_client, f"{LEDGER}?vs=year")
    assert context["tokens"].previous == 300
    assert context["acceptance_chart"].points[-2].previous == 0.5
    assert _context(alice_client, f"{LEDGER}?vs=none")["tokens"].previous is None


@pytest.mark.usefixtures("ledger")
def test_htmx_gets_the_part_and_a_restored_history_the_whole(alice_client: Client) -> None:
    part = alice_client.get(LEDGER, headers={"HX-Request": "true"})
    restored = alice_client.get(LEDGER, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<!doctype" not in part.text
    assert 'id="dash"' in part.text
    assert "<!doctype" in restored.text
    for answer in (part, restored):
        assert "HX-Request" in answer["Vary"]


@pytest.mark.usefixtures("ledger")
def test_who_was_signed_out_meanwhile_is_sent_to_sign_in_by_the_whole_page(client: Client) -> None:
    answer = client.get(LEDGER, headers={"HX-Request": "true"})
    assert answer["HX-Refresh"] == "true"
    assert answer.content == b""


@pytest.mark.usefixtures("ledger")
def test_another_organization_is_not_there(charlie_client: Client, client: Client) -> None:
    assert charlie_client.get(LEDGER).status_code == 404
    assert client.get(LEDGER).status_code == 302


def test_a_team_that_does_not_exist_is_not_found(alice_client: Client) -> None:
    assert alice_client.get("/o/acme/t/nobody/").status_code == 404


@pytest.mark.usefixtures("ledger")
def test_it_takes_few_queries_however_many_weeks_there_are(
    acme: Organization, crew: list[Contributor], owner_client: Client
) -> None:
    _everybody_works(acme, crew, accepted=5, rejected=5)
    for query in ("", "?p=91d", "?vs=year"):
        owner_client.get(LEDGER)
        with CaptureQueriesContext(connection) as captured:
            owner_client.get(LEDGER + query)
        reads = [query for query in captured.captured_queries if query["sql"] not in {"BEGIN", "COMMIT"}]
        assert len(reads) <= 20


@pytest.mark.usefixtures("ledger")
def test_the_page_stays_small(acme: Organization, crew: list[Contributor], owner_client: Client) -> None:
    _everybody_works(acme, crew, accepted=30, rejected=20, lines=5)
    assert len(gzip.compress(owner_client.get(f"{LEDGER}?p=91d").content)) < 15_000


@pytest.mark.usefixtures("ledger")
def test_a_failing_part_says_so_and_leaves_the_page(alice_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("events.dashboards.views.team_context", fail)
    alice_client.raise_request_exception = False
    part = alice_client.get(LEDGER, headers={"HX-Request": "true"})
    assert part.status_code == 500
    assert 'id="dash"' in part.text
    assert part["X-Request-ID"] in part.text
    assert "broken on purpose" not in part.text
    assert "<!doctype" in alice_client.get(LEDGER).text


@pytest.mark.usefixtures("ledger")
def test_in_the_first_week_the_running_one_is_counted(
    acme: Organization, crew: list[Contributor], alice_client: Client
) -> None:
    for person in crew:
        work(acme, person, monday(0), tokens=70)
    context = _context(alice_client)
    assert context["state"] == "ready"
    assert context["tokens"].value == 420
    assert context["tokens"].previous is None
    assert "The first week" in alice_client.get(LEDGER).text


def test_ranges_and_annotations_of_the_team_stand_on_its_page(
    acme: Organization, crew: list[Contributor], ledger: Team, alice_client: Client
) -> None:
    for person in crew:
        work(acme, person, monday(1), accepted=30, rejected=20)
    with tenant(acme.id):
        HealthyRange.objects.create(
            organization=acme, team=ledger, metric="acceptance-rate", low=0.7, high=0.9, set_at=NOW
        )
        Annotation.objects.create(
            organization=acme, team=ledger, on=monday(2), text="a new prompt template", made_at=NOW
        )
    context = _context(alice_client)
    assert _tile(context, "acceptance-rate").verdict.word == "Below range"
    chart = context["acceptance_chart"]
    assert chart.band == Band(0.7, 0.9)
    assert [(chart.points[one.at].label, one.text) for one in chart.annotations] == [
        (week_label(monday(2)), "a new prompt template")
    ]
