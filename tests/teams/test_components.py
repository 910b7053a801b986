"""Template parts, rendered as pages render them. No database."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.forms import CharField, EmailField, Form
from django.template import Context, Engine, Template
from django.template.loader import get_template
from django.utils import timezone

from codecard.lib import svg
from codecard.lib.formats import Unit
from codecard.lib.reading import Amount, Band, Reading
from teams.templatetags.components import brief

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
HEALTHY = Band(0.25, 0.60)


def render(source: str, **context: object) -> str:
    return Template("{% load components %}" + source).render(Context(context))


def test_a_ruler_is_an_image_with_its_whole_meaning_in_words() -> None:
    html = render('{% ruler reading "Accepted" %}', reading=Reading(value=0.418, n=900, band=HEALTHY, previous=0.389))
    assert 'role="img"' in html
    assert "<title>Accepted: 41.8%, in range, healthy range 25–60%, period before 38.9%</title>" in html
    assert 'cx="41.8%"' in html


def test_a_picture_is_drawn_once_for_all_who_are_shown_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    find = Engine.get_template

    def counted(engine: Engine, name: str) -> Template:
        drawn.append(name)
        return find(engine, name)

    monkeypatch.setattr(Engine, "get_template", counted)
    accepted = Reading(value=0.4181, n=907, band=HEALTHY)
    first = render("{% ruler reading label %}", reading=accepted, label="<b>Accepted</b>")
    assert "&lt;b&gt;Accepted" in first
    assert render("{% ruler reading label %}", reading=replace(accepted), label="<b>Accepted</b>") == first
    assert drawn.count("_charts/ruler.html") == 1
    for other in (
        replace(accepted, value=0.43),
        replace(accepted, band=Band(0.25, 0.7)),
        replace(accepted, is_few=True),
    ):
        assert render("{% ruler reading label %}", reading=other, label="<b>Accepted</b>") != first
    assert "Rejected" in render("{% ruler reading label %}", reading=accepted, label="Rejected")
    assert drawn.count("_charts/ruler.html") == 5


def test_a_ghost_ruler_has_its_range_and_no_dot() -> None:
    html = render("{% ghost 0.25 0.6 %}")
    assert 'class="r-band"' in html
    assert "<circle" not in html


def test_a_status_is_an_icon_and_a_word_not_a_colour_alone() -> None:
    html = render("{% status reading %}", reading=Reading(value=0.7, n=900, band=HEALTHY))
    assert "Above range" in html
    assert "<svg" in html
    assert "Silent for 6 days" in render('{% status "bad" "Silent for 6 days" %}')


def test_a_change_is_said_for_those_who_do_not_see_the_arrow() -> None:
    html = render("{% delta amount %}", amount=Amount(value=300, previous=400))
    assert '<span class="vh">down</span> 25%' in html
    assert 'title="before: 400"' in html


def test_no_change_is_shown_where_it_would_mislead() -> None:
    few = Reading(value=0.5, previous=0.2, n=9, is_few=True)
    assert render("{% delta few %}", few=few) == ""
    assert render("{% delta amount %}", amount=Amount(value=5)) == ""


def test_a_withheld_tile_shows_no_number() -> None:
    hidden = Amount(value=None, previous=1_234, is_withheld=True, spark=(1, 2, 3))
    html = render('{% tile "Sessions" hidden %}', hidden=hidden)
    assert "Withheld" in html
    assert "1,234" not in html
    assert "<path" not in html.split("kpi-v", 1)[1].split("</article>")[0]


def test_a_tile_of_too_few_draws_no_spark() -> None:
    few = Reading(value=0.43, n=37, is_few=True, band=HEALTHY)
    html = render('{% tile "Acceptance" few few.sample spark %}', few=few, spark=[0.1, 0.2, 0.3])
    assert "Too few to judge" in html
    assert 'class="chart spark"' not in html


def line() -> svg.LineChart:
    points = [svg.Point(label=f"{i} <Oct>", value=i / 10, interval=(i / 12, i / 8)) for i in range(1, 5)]
    return svg.LineChart(slug="acc", title="By <week>", description="Rises", points=points, band=HEALTHY)


def test_a_chart_has_title_description_and_a_table_with_the_same_numbers() -> None:
    html = render("{% line_chart chart %}", chart=line())
    assert '<title id="acc-t">By &lt;week&gt;</title><desc id="acc-d">Rises</desc>' in html
    assert 'aria-labelledby="acc-t acc-d"' in html
    assert html.count("<tr>") == 5
    assert len(re.findall(r'data-xs="([^"]+)"', html)[0].split()) == 4


def test_text_from_outside_is_escaped_in_every_picture() -> None:
    assert "<Oct>" not in render("{% line_chart chart %}", chart=line())
    columns = [svg.Column(label="<b>", values=(1.0,))]
    bars = svg.BarChart(slug="b", title="<i>", description="", series=[svg.Series("<u>", 1)], columns=columns)
    html = render("{% bars chart %}", chart=bars)
    assert not re.search(r"<(b|i|u)>", html)
    assert "<script" not in render('{% share_bar slices "x" %}', slices=[svg.Slice("<script>", 1, 1)])


def test_bars_come_with_their_table() -> None:
    columns = [svg.Column(label="26 Oct", values=(1_000.0, 500.0))]
    series = [svg.Series("Input", 1), svg.Series("Output", 2)]
    html = render(
        "{% bars chart %}", chart=svg.BarChart(slug="t", title="T", description="D", series=series, columns=columns)
    )
    assert html.count("<rect") == 2
    assert "1,500" in html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("41.8%", "41.8<small>%</small>"),
        ("29.2\u00a0M", "29.2<small>\u00a0M</small>"),
        ("8m\u00a040s", "8<small>m</small>\u00a040<small>s</small>"),
        ("$66.01", "$66.01"),
        ("<b>1", "&lt;b&gt;1"),
    ],
)
def test_units_are_set_smaller_than_their_number(text: str, html: str) -> None:
    assert render("{{ text|units }}", text=text) == html


def test_what_is_not_known_is_a_dash_and_never_a_zero() -> None:
    filters = ("number", "compact", "share", "money", "duration", 'quantity:"count"')
    assert {render("{{ none|" + name + " }}", none=None) for name in filters} == {"–"}


def test_values_print_in_their_units() -> None:
    source = "{{ n|number }} {{ s|share:0 }} {{ m|money }} {{ d|duration }} "
    source += '{{ p|counted:"person,people" }} {{ q|quantity:u }}'
    html = render(source, n=1234, s=0.63, m=48_210_000, d=340, p=9, q=5, u=Unit.COUNT)
    assert html.replace("\u00a0", " ") == "1,234 63% $48.21 5m 40s 9 people 5"


def test_says_how_long_ago_with_the_exact_time_behind() -> None:
    at = timezone.now() - timedelta(hours=2, minutes=5)
    html = render("{% ago at %}", at=at).replace("\u00a0", " ")
    assert f'datetime="{at.isoformat()}"' in html
    assert ">2 h ago</time>" in html
    assert "never" in render("{% ago none %}", none=None)


def test_an_unknown_icon_is_an_error_and_a_known_one_is_silent() -> None:
    assert 'aria-hidden="true"' in render('{% icon "check" %}')
    with pytest.raises(LookupError):
        render('{% icon "no-such-icon" %}')


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.relative_to(TEMPLATES).as_posix()
)
def test_every_template_compiles(path: Path) -> None:
    get_template(path.relative_to(TEMPLATES).as_posix())


def test_an_error_fragment_says_what_failed_when_and_how_to_try_again() -> None:
    failed = {"title": "The chart could not be read", "failed_at": timezone.now(), "request_id": "01JD8K"}
    html = get_template("_components/error_fragment.html").render(failed | {"retry_url": "/o/acme/", "target": "#dash"})
    assert 'id="dash"' in html
    assert 'role="alert"' in html
    assert "01JD8K" in html
    assert 'href="/o/acme/" hx-get="/o/acme/" hx-target="#dash"' in html


class Address(Form):
    email = EmailField(help_text="Where the link goes")
    name = CharField(required=False)


def test_a_form_field_is_tied_to_its_label_help_and_error() -> None:
    html = render('{% include "_components/field.html" with field=form.email %}', form=Address({"email": "nonsense"}))
    assert 'for="id_email"' in html
    assert 'aria-describedby="id_email_helptext id_email_error"' in html
    assert 'id="id_email_error"' in html
    assert "Enter a valid email address." in html
    assert 'class="input"' in html


@pytest.mark.parametrize(("name", "letters"), [("Milan Kovač", "MK"), ("ana@acme.dev", "aa"), ("", "?"), ("x", "x")])
def test_an_avatar_has_one_or_two_letters(name: str, letters: str) -> None:
    assert render("{{ name|initials }}", name=name) == letters


def test_an_empty_state_says_what_is_missing_and_offers_one_action() -> None:
    html = render('{% empty "No data yet" "Connect a tool." "Connect" "/start/" "plug" %}')
    assert html.count("<a ") == 1
    assert "No data yet" in html


def test_long_names_are_shown_by_their_ends() -> None:
    assert brief("ada@acme.example") == "ada@acme.example"
    shown = brief("claude-code:" + "<" * 64)
    assert "<<" not in shown
    assert shown.count("&lt;") == 64 + 15 + 8
