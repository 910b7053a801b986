import os
from collections import Counter
from collections.abc import Iterator

import pytest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from pytest_django import Settings

from codecard.lib import exposition
from codecard.lib.exposition import cumulated, expose, flush, observe, worker_pids


@pytest.fixture(autouse=True)
def _no_figures(django_db_setup: None) -> Iterator[None]:
    """The servers of the tests come up with the database. Nothing counted by other tests is left."""
    flush()
    with exposition.broker() as client:
        client.delete(exposition.HASH)
    yield
    flush()
    with exposition.broker() as client:
        client.delete(exposition.HASH)


def _samples() -> dict[tuple[str, ...], float]:
    """Value by name and label values, as a Prometheus server reads them."""
    families = text_string_to_metric_families(expose().decode())
    return {(one.name, *sorted(one.labels.values())): one.value for family in families for one in family.samples}


def test_counts_requests_and_durations_by_route() -> None:
    observe("POST", "ingest-logs", 200, 0.004)
    observe("POST", "ingest-logs", 200, 0.3)
    observe("POST", "ingest-logs", 503, 20)
    samples = _samples()
    assert samples["codecard_http_requests_total", "200", "POST", "ingest-logs"] == 2
    assert samples["codecard_http_requests_total", "503", "POST", "ingest-logs"] == 1
    name = "codecard_http_request_duration_seconds"
    assert samples[f"{name}_count", "POST", "ingest-logs"] == 3
    assert samples[f"{name}_sum", "POST", "ingest-logs"] == pytest.approx(20.304)
    assert samples[f"{name}_bucket", "0.005", "POST", "ingest-logs"] == 1
    assert samples[f"{name}_bucket", "0.5", "POST", "ingest-logs"] == 2
    assert samples[f"{name}_bucket", "+Inf", "POST", "ingest-logs"] == 3


def test_figures_of_several_processes_add_up() -> None:
    for _ in range(2):  # what one process flushed is as good as another's
        observe("GET", "landing", 200, 0.1)
        flush()
    assert _samples()["codecard_http_requests_total", "200", "GET", "landing"] == 2


def test_invented_methods_are_one_series() -> None:
    observe("BREW", "landing", 405, 0.1)
    observe("x y\n", "landing", 405, 0.1)
    assert _samples()["codecard_http_requests_total", "405", "landing", "other"] == 2


def test_nothing_is_lost_while_redis_is_away(settings: Settings) -> None:
    there = settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    observe("GET", "landing", 200, 0.1)
    flush()
    assert "codecard_http_requests_total{" not in expose().decode()
    settings.REDIS_URL = there
    assert _samples()["codecard_http_requests_total", "200", "GET", "landing"] == 1


def test_tells_memory_and_time_of_this_process() -> None:
    samples = _samples()
    pid = str(os.getpid())
    assert os.getpid() in worker_pids()
    assert samples["codecard_process_resident_memory_bytes", pid] > 10_000_000
    assert samples["codecard_process_cpu_seconds_total", pid] > 0


def test_apps_add_their_own_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(Collector):
        def collect(self) -> Iterator[Metric]:
            yield GaugeMetricFamily("codecard_own", "Own.", value=7)

    monkeypatch.setattr(exposition, "COLLECTORS", [Own()])
    assert _samples()[("codecard_own",)] == 7


def test_a_bucket_holds_all_that_took_as_long_or_less() -> None:
    rows = dict(cumulated(Counter({"0.005": 2, "1.0": 1, "+Inf": 4})))
    assert (rows["0.005"], rows["0.5"], rows["1.0"], rows["10.0"], rows["+Inf"]) == (2, 2, 3, 3, 7)
