import sys
from pathlib import Path

import pytest

from codecard.lib.formats import quantity
from events import metrics
from events.metrics import all_metrics
from events.metrics._base import Metric

FILE = """
from codecard.lib.formats import Unit
from events.metrics._base import Direction, Example, Metric
from events.metrics._samples import Share
METRIC = Metric(slug="a-new-one", label="New", short="New", unit=Unit.SHARE, noun="cases", direction=Direction.HIGHER,
                definition="d", formula="k / n", population="p", care="c", needs="x", minimum=20, domain=(0.0, 1.0),
                dimensions=(), cases=lambda facts: (), example=Example(words="1 / 2", sample=Share(1, 2), value=0.5))
"""


def test_a_metric_is_one_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a_new_one.py").write_text(FILE)
    monkeypatch.setattr(metrics, "__path__", [*metrics.__path__, str(tmp_path)])
    all_metrics.cache_clear()
    assert "a-new-one" in [metric.slug for metric in all_metrics()]
    sys.modules.pop("events.metrics.a_new_one")
    all_metrics.cache_clear()


def test_every_metric_says_what_it_means_under_a_slug_of_its_own() -> None:
    found = all_metrics()
    assert len({metric.slug for metric in found}) == len(found)
    for metric in found:
        assert isinstance(metric, Metric)
        told = (metric.label, metric.short, metric.definition, metric.formula, metric.population, metric.care)
        assert all(told), metric.slug
        assert metric.minimum >= 20
        assert metric.domain[0] < metric.domain[1]
        assert (metric.band is None) == (not metric.band_source), metric.slug


@pytest.mark.parametrize("metric", all_metrics(), ids=lambda metric: metric.slug)
def test_every_metric_is_what_its_worked_example_says(metric: Metric) -> None:
    assert metric.example.sample.value == pytest.approx(metric.example.value)
    assert quantity(metric.example.value, metric.unit) in metric.example.words


def test_the_seven_measures_are_on_the_dashboard_in_eight_rulers() -> None:
    ranks = sorted(metric.rank for metric in all_metrics() if metric.is_headline)
    assert ranks == list(range(1, len(ranks) + 1))
