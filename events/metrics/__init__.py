"""The metrics: one file each, found by looking, so that adding one is adding a file."""

import pkgutil
from functools import cache
from importlib import import_module

from events.metrics._base import Metric


@cache
def all_metrics() -> tuple[Metric, ...]:
    """Every metric of this package, by slug. Files that begin with `_` hold none."""
    names = (info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_"))
    metrics = (import_module(f"{__name__}.{name}").METRIC for name in names)
    return tuple(sorted(metrics, key=lambda metric: metric.slug))
