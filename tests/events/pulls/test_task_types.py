import pytest

from events.pulls.lines.changes import FileChange, Group, State, Status
from events.pulls.sizes import Changed
from events.pulls.task_types import TaskType, moved_share_of, task_type_of


@pytest.mark.parametrize(
    ("path", "task_type"),
    [
        ("shop/migrations/0002_price.py", TaskType.MIGRATION),
        ("tests/test_price.py", TaskType.TEST),
        ("shop/serializers.py", TaskType.SERIALIZER),
        ("shop/views.py", TaskType.ENDPOINT),
        ("src/routes/prices.ts", TaskType.ENDPOINT),
        ("shop/clients/bank.py", TaskType.CLIENT),
        ("shop/models.py", TaskType.MODEL),
        ("lib/statistics.py", TaskType.NUMERIC),
        ("etl/load_prices.py", TaskType.DATA),
        ("reports/monthly.sql", TaskType.DATA),
        ("web/price.vue", TaskType.FRONT_END),
        ("static/site.css", TaskType.FRONT_END),
        (".github/workflows/ci.yml", TaskType.BUILD),
        ("README.md", TaskType.DOCS),
        ("shop/settings.py", TaskType.CONFIG),
        ("shop/prices.py", TaskType.OTHER),
    ],
)
def test_knows_the_work_by_its_paths(path: str, task_type: TaskType) -> None:
    assert task_type_of([Changed(path, 5, 5)]) is task_type


def test_most_changed_lines_decide_and_of_equal_ones_the_earlier_type() -> None:
    view, test = Changed("shop/views.py", 20, 0), Changed("tests/test_views.py", 30, 0)
    assert task_type_of([view, test]) is TaskType.TEST
    assert task_type_of([view, view, test]) is TaskType.ENDPOINT
    assert task_type_of([Changed("shop/views.py", 30, 0), test]) is TaskType.TEST


def test_generated_files_say_nothing() -> None:
    assert task_type_of([Changed("yarn.lock", 999, 0), Changed("shop/views.py", 1, 0)]) is TaskType.ENDPOINT
    assert task_type_of([Changed("yarn.lock", 999, 0)]) is TaskType.OTHER
    assert task_type_of([]) is TaskType.OTHER


def test_rules_of_the_organization_come_first() -> None:
    rules = [("shop/prices.py", TaskType.NUMERIC), ("shop/", TaskType.MODEL)]
    assert task_type_of([Changed("shop/prices.py", 5, 0)], rules=rules) is TaskType.NUMERIC
    assert task_type_of([Changed("shop/views.py", 5, 0)], rules=rules) is TaskType.MODEL


def test_what_only_moves_is_a_refactoring() -> None:
    def moved(lines: int, status: Status = Status.RENAMED) -> FileChange:
        return FileChange(status, "a.py", "b.py", (Group(1, lines, lines),) if lines else ())

    assert moved_share_of([moved(0), moved(2), moved(9), moved(0, Status.MODIFIED)]) == 0.5
    assert moved_share_of([moved(0)._replace(state=State.OPAQUE)]) == 0
    assert moved_share_of([]) == 0
    assert task_type_of([Changed("shop/views.py", 0, 0)], moved_share=0.9) is TaskType.REFACTOR
    assert task_type_of([Changed("shop/views.py", 0, 0)], moved_share=0.5) is TaskType.ENDPOINT
