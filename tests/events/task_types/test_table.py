"""The table of task types: what each path is, that suggestions speak the same words, and that the document says so."""

import pytest

from codecard.lib.globs import matches
from events.models import PATH_CLASSES
from events.sources._paths import LANGUAGES as ALL_LANGUAGES
from events.sources._paths import classify
from events.task_types import LANGUAGES, TABLE, TaskType, task_type_of, task_type_of_path, task_type_of_suggestion

PATHS = [
    ("shop/migrations/0002_price.py", TaskType.MIGRATION),
    ("db/migrate/20260101120000_add_price.rb", TaskType.MIGRATION),
    ("src/main/resources/db/migration/V3__price.sql", TaskType.MIGRATION),
    ("alembic/versions/ab12_price.py", TaskType.MIGRATION),
    ("tests/test_price.py", TaskType.TEST),
    ("pkg/price_test.go", TaskType.TEST),
    ("web/src/Price.spec.tsx", TaskType.TEST),
    ("src/test/java/shop/PriceTest.java", TaskType.TEST),
    ("spec/models/price_spec.rb", TaskType.TEST),
    ("tests/data/prices.csv", TaskType.TEST),
    ("shop/serializers.py", TaskType.SERIALIZER),
    ("api/v1/price.proto", TaskType.SERIALIZER),
    ("src/dto/PriceDto.java", TaskType.SERIALIZER),
    ("server/schema.graphql", TaskType.SERIALIZER),
    ("shop/views.py", TaskType.ENDPOINT),
    ("src/routes/prices.ts", TaskType.ENDPOINT),
    ("app/controllers/prices_controller.rb", TaskType.ENDPOINT),
    ("internal/handlers/price.go", TaskType.ENDPOINT),
    ("src/main/java/shop/PriceController.java", TaskType.ENDPOINT),
    ("data/views.py", TaskType.ENDPOINT),
    ("shop/clients/bank.py", TaskType.CLIENT),
    ("src/adapters/stripe.ts", TaskType.CLIENT),
    ("internal/gateway/bank.go", TaskType.CLIENT),
    ("shop/models.py", TaskType.MODEL),
    ("app/models/price.rb", TaskType.MODEL),
    ("src/entity/Price.java", TaskType.MODEL),
    ("lib/statistics.py", TaskType.NUMERIC),
    ("src/solver.rs", TaskType.NUMERIC),
    ("analysis/prices.ipynb", TaskType.NUMERIC),
    ("models/fit.jl", TaskType.NUMERIC),
    ("etl/load_prices.py", TaskType.DATA),
    ("reports/monthly.sql", TaskType.DATA),
    ("dbt/marts/price.sql", TaskType.DATA),
    ("jobs/price_dag.py", TaskType.DATA),
    ("data/README.md", TaskType.DATA),
    ("shared/prices.parquet", TaskType.DATA),
    ("web/price.vue", TaskType.FRONT_END),
    ("static/site.css", TaskType.FRONT_END),
    ("web/src/Price.tsx", TaskType.FRONT_END),
    ("templates/shop/price.html", TaskType.FRONT_END),
    (".github/workflows/ci.yml", TaskType.BUILD),
    ("Dockerfile", TaskType.BUILD),
    ("pyproject.toml", TaskType.BUILD),
    ("infra/main.tf", TaskType.BUILD),
    ("README.md", TaskType.DOCS),
    ("docs/setup.rst", TaskType.DOCS),
    ("CHANGELOG", TaskType.DOCS),
    ("shop/settings.py", TaskType.CONFIG),
    (".editorconfig", TaskType.CONFIG),
    ("deploy/values.yaml", TaskType.CONFIG),
    ("shop/prices.py", TaskType.OTHER),
    ("cmd/main.go", TaskType.OTHER),
    ("logo.png", TaskType.OTHER),
]


@pytest.mark.parametrize(("path", "task_type"), PATHS)
def test_knows_the_work_by_its_paths(path: str, task_type: TaskType) -> None:
    assert task_type_of([(path, 10)]) is task_type


def test_every_type_but_refactors_has_paths_here() -> None:
    assert {task_type for _, task_type in PATHS} == set(TaskType) - {TaskType.REFACTOR}


def test_the_table_has_each_type_once_and_each_class_in_one_row() -> None:
    assert [row.task_type for row in TABLE] == list(TaskType)
    classes = [name for row in TABLE for name in row.path_classes]
    assert sorted(classes) == sorted(name for name in PATH_CLASSES if name)
    assert all(row.says and row.task_type.label for row in TABLE)
    assert set(ALL_LANGUAGES) >= LANGUAGES


@pytest.mark.parametrize(("path", "task_type"), PATHS)
def test_a_suggestion_has_the_type_of_its_path_where_no_pattern_is_asked(path: str, task_type: TaskType) -> None:
    path_class, language = classify(path)
    of_suggestion = task_type_of_suggestion(PATH_CLASSES[path_class], language)
    if not any(matches(path, row.globs) for row in TABLE if row.task_type is task_type):
        assert of_suggestion is task_type
    assert of_suggestion in set(TaskType)


def test_every_class_with_every_language_has_a_type_and_no_path_has_none() -> None:
    for number in PATH_CLASSES.values():
        for language in (None, *ALL_LANGUAGES):
            assert (task_type_of_suggestion(number, language) is None) is (number == 0)
    assert task_type_of_suggestion(99, None) is None


def test_most_changed_lines_decide_and_of_equal_ones_the_earlier_type() -> None:
    view, test = ("shop/views.py", 20), ("tests/test_views.py", 30)
    assert task_type_of([view, test]) is TaskType.TEST
    assert task_type_of([view, view, test]) is TaskType.ENDPOINT
    assert task_type_of([("shop/views.py", 30), test]) is TaskType.TEST
    assert task_type_of([]) is TaskType.OTHER


def test_what_only_moves_is_a_refactoring() -> None:
    assert task_type_of([("shop/views.py", 0)], moved_share=0.8) is TaskType.REFACTOR
    assert task_type_of([("shop/views.py", 0)], moved_share=0.79) is TaskType.ENDPOINT
    assert task_type_of([], moved_share=0.9) is TaskType.OTHER


def test_any_path_has_a_type() -> None:
    for path in ("", "/", "a" * 5000, "\x00", "ü/ü.py", "a\\b\\views.py"):
        assert task_type_of_path(path) in set(TaskType)
