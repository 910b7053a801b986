"""What operators see of ingestion at `/-/metrics`."""

from collections.abc import Iterable

from django.db import connections
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from events.models import Fate

# All organizations together, which only the operator's role may ask. A row a day, source and fate: a small table.
_ITEMS = "SELECT source, fate, sum(items)::bigint FROM events_intake_day GROUP BY source, fate"


class IntakeCollector(Collector):
    """Items by source and fate since the beginning."""

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily(
            "codecard_intake_items", "Items received, by what became of them.", labels=["source", "fate"]
        )
        with connections["operator"].cursor() as cursor:
            cursor.execute(_ITEMS)
            for source, fate, items in cursor.fetchall():
                family.add_metric([source, Fate(fate).name.lower()], items)
        yield family
