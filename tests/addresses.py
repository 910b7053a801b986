"""Every address of the product, found by walking its URLconf."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver

from teams.views.admin import URLCONF

ORGANIZATION_ADMIN = "/o/<slug:organization>/admin/"
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
BY_CONVERTER = {"int": "1", "uuid": UUID, "path": "a/b", "str": "x", "slug": "x", "": "x"}


@dataclass(frozen=True)
class Address:
    route: str
    name: str
    view: Callable[..., Any]

    def path(self, by_name: dict[str, str], by_converter: dict[str, str] = BY_CONVERTER) -> str:
        def fill(match: re.Match[str]) -> str:
            converter, name = match.groups(default="")
            return by_name.get(name, by_converter.get(converter, "x"))

        return re.sub(r"<(?:(\w+):)?(\w+)>", fill, self.route)


def all_addresses() -> list[Address]:
    """Those of the URLconf, and those that each organization's admin mounts below its own."""
    return [*_walk(get_resolver(), "/"), *_walk(get_resolver(URLCONF), ORGANIZATION_ADMIN)]


def _walk(resolver: URLResolver, start: str, prefix: str = "") -> Iterator[Address]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, start, route)
        elif isinstance(entry, URLPattern):
            yield Address(start + simplify_regex(route).lstrip("/"), str(entry.name), entry.callback)
