"""The wires: one pure file per sender, found by looking, so that adding one is adding a file."""

import pkgutil
from functools import cache
from importlib import import_module

from events.sources._base import Source


@cache
def all_sources() -> tuple[Source, ...]:
    """One instance of every source in this package, by name. Files that begin with `_` hold no source."""
    modules = (info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_"))
    found = (source for name in modules for source in _sources_of(name))
    return tuple(sorted(found, key=lambda source: source.name))


def _sources_of(module: str) -> list[Source]:
    members = vars(import_module(f"{__name__}.{module}"))
    classes = [member for member in members.values() if isinstance(member, type) and issubclass(member, Source)]
    return [kind() for kind in classes if kind.__module__ == f"{__name__}.{module}"]
