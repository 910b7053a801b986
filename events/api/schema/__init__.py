"""How the API stands in its OpenAPI schema: which parameters, which answers, which errors, with examples."""

from typing import Any

import msgspec

from events.api.schema._parts import PROBLEM, REF
from events.api.schema.ci import document_junit, document_quality
from events.api.schema.ingest import document_attributions, document_events, document_incidents, document_otlp
from events.api.schema.query import (
    COMPONENTS,
    document_arrivals,
    document_defects,
    document_me,
    document_metric,
    document_metrics,
    document_pull,
    document_pulls,
    document_repositories,
    document_series,
    document_teams,
)
from events.api.schema.usage import document_usage
from events.schema import KINDS, Commit, Event

__all__ = [
    "add_components",
    "document_arrivals",
    "document_attributions",
    "document_defects",
    "document_events",
    "document_incidents",
    "document_junit",
    "document_me",
    "document_metric",
    "document_metrics",
    "document_otlp",
    "document_pull",
    "document_pulls",
    "document_quality",
    "document_repositories",
    "document_series",
    "document_teams",
    "document_usage",
]
_ITEMS: dict[str, type[Any]] = {**KINDS, "commit": Commit}


def add_components(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Postprocessing hook: the structs that decode the wire are its schema."""
    _, components = msgspec.json.schema_components([Event, Commit], ref_template=REF)
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(components)
    schemas["Event"] = {
        "oneOf": [{"$ref": REF.format(name=struct.__name__)} for struct in _ITEMS.values()],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {kind: REF.format(name=struct.__name__) for kind, struct in _ITEMS.items()},
        },
    }
    schemas["Problem"] = PROBLEM
    schemas.update(COMPONENTS)
    for path in result["paths"].values():
        for operation in path.values():
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
    return result
