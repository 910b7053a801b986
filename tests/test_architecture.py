"""What the import contracts (pyproject.toml) can't see."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Field, ForeignKey, Model

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGES = ("codecard", "teams", "events", "profiles")
# From the bottom up; Django's own apps and those of sign-in lie below.
LAYERS = ("teams", "events", "profiles")
CATCH_ALLS = {"utils", "util", "helpers", "helper", "services", "service", "common", "misc", "core"}
LONGEST_LINES = 400


def _modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((CHECKOUT / package).rglob("*.py"))]


def _layer(model: type[Model]) -> int:
    label = model._meta.app_label
    return LAYERS.index(label) + 1 if label in LAYERS else 0


def _foreign_keys() -> list[tuple[type[Model], ForeignKey[Any, Any]]]:
    found = []
    for model in apps.get_models(include_auto_created=True):
        fields: list[Field[Any, Any]] = [field for field in model._meta.get_fields() if isinstance(field, Field)]
        found += [(model, field) for field in fields if isinstance(field, ForeignKey)]
    return found


def test_foreign_keys_point_down_the_layers_or_sideways() -> None:
    upwards = [
        f"{model.__name__}.{field.name} -> {field.related_model.__name__}"
        for model, field in _foreign_keys()
        if 0 < _layer(model) < _layer(field.related_model)
    ]
    assert upwards == []


def test_the_layers_hold_models_to_compare() -> None:
    """Guards the test above against an app that was renamed."""
    assert {model._meta.app_label for model in apps.get_models()} >= {"teams", "events"}
    assert len([model for model, _ in _foreign_keys() if _layer(model)]) > 5


def test_no_module_is_named_for_anything_and_everything() -> None:
    assert [path for path in _modules() if CATCH_ALLS & {path.stem, path.parent.name}] == []


def test_no_module_is_too_long_to_read() -> None:
    lengths = {str(path.relative_to(CHECKOUT)): len(path.read_text().splitlines()) for path in _modules()}
    migrations = {name for name in lengths if "/migrations/" in name}
    assert {name: n for name, n in lengths.items() if n > LONGEST_LINES and name not in migrations} == {}


IMPORTS = """
import json, sys
from events import schema
from events.sources import all_sources
print(json.dumps([len(all_sources()), sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def test_sources_and_schema_are_pure() -> None:
    """In a process of its own, since here Django is loaded."""
    done = subprocess.run([sys.executable, "-c", IMPORTS], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    count, loaded = json.loads(done.stdout)
    assert count >= 1
    impure = {"django", "rest_framework", "celery", "redis", "psycopg", "httpx", "requests", "urllib3"}
    assert impure & set(loaded) == set()


@pytest.mark.parametrize("folder", ["events/sources", "events/metrics", "profiles/badges"])
def test_files_of_one_kind_import_none_of_each_other(folder: str) -> None:
    """A source, a metric, a badge is one file that can be added and removed; what they share begins with `_`."""
    files = {path.stem: path for path in (CHECKOUT / folder).glob("[!_]*.py")}
    package = folder.replace("/", ".")
    siblings = {f"{package}.{name}" for name in files}
    circles = {name: sorted(_imported(path) & siblings) for name, path in files.items()}
    assert {name: found for name, found in circles.items() if found} == {}


def test_sources_are_found() -> None:
    """Guards the test above against a folder that was renamed."""
    assert len(list((CHECKOUT / "events" / "sources").glob("[!_]*.py"))) >= 1


def _imported(path: Path) -> set[str]:
    """Every module that a file may have meant, functions included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("package", PACKAGES)
def test_templates_hold_neither_styles_nor_scripts(package: str) -> None:
    """The policy of all pages forbids both; the browser would drop them without a word."""
    for path in sorted((CHECKOUT / "templates").rglob("*.html")) + sorted((CHECKOUT / package).rglob("*.html")):
        text = path.read_text()
        assert " style=" not in text, path
        assert "<style" not in text, path
        assert "<script>" not in text, path
        assert "javascript:" not in text, path
        assert not any(f" {event}=" in text for event in ("onclick", "onchange", "onsubmit", "onload")), path
