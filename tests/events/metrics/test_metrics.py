import sys
from pathlib import Path

import pytest

from events import metrics
from events.metrics import all_metrics
from events.metrics._base import Metric

FILE = """
from events.metrics._base import Metric
METRIC = Metric(slug="a-new-one", label="New", unit="share", definition="d", formula="k / n", population="p",
                minimum=20, healthy="")
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
        assert metric.label
        assert metric.definition
        assert metric.formula
        assert metric.population
        assert metric.minimum > 0
