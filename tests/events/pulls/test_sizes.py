import pytest

from events.pulls.sizes import Changed, TaskClass, size_of, stratum_of


@pytest.mark.parametrize(
    ("changed", "stratum"), [(0, 0), (19, 0), (20, 1), (99, 1), (100, 2), (399, 2), (400, 3), (9999, 3)]
)
def test_strata_begin_at_20_100_and_400_lines(changed: int, stratum: int) -> None:
    assert stratum_of(changed) == stratum


def test_counts_what_people_wrote() -> None:
    size = size_of(
        [
            Changed("app/area.py", 30, 10), Changed("tests/test_area.py", 50, 0), Changed("README.md", 5, 5),
            Changed("package-lock.json", 900, 900), Changed("gen/api.py", 70, 0),
        ],
        generated=["gen/"],
    )  # fmt: skip
    assert (size.files, size.added, size.removed) == (3, 85, 15)
    assert (size.source_added, size.source_changed, size.test_changed) == (30, 40, 50)
    assert (size.stratum, size.task_class, size.has_source, size.has_tests) == (1, TaskClass.FEATURE, True, True)


@pytest.mark.parametrize(
    ("files", "task_class"),
    [
        ([Changed("a.py", 50, 0)], TaskClass.SMALL),
        ([Changed("a.py", 51, 0)], TaskClass.OTHER),
        ([Changed("a.py", 25, 25), Changed("yarn.lock", 999, 0)], TaskClass.SMALL),
        ([Changed(f"{name}.py", 1, 0) for name in "abcd"], TaskClass.OTHER),
        ([Changed("a.py", 20, 0), Changed("tests/test_a.py", 30, 0)], TaskClass.SMALL),
        ([Changed("a.py", 20, 0), Changed("tests/test_a.py", 31, 0)], TaskClass.FEATURE),
        ([Changed("README.md", 99, 0), Changed("tests/test_a.py", 31, 0)], TaskClass.OTHER),
        ([Changed("yarn.lock", 9, 0)], TaskClass.OTHER),
        ([], TaskClass.OTHER),
    ],
)
def test_tells_small_patches_and_features_with_tests(files: list[Changed], task_class: TaskClass) -> None:
    assert size_of(files).task_class is task_class


def test_a_repository_says_what_its_tests_are() -> None:
    files = [Changed("app/a.py", 60, 0), Changed("checks/a.py", 9, 0)]
    assert size_of(files).task_class is TaskClass.OTHER
    assert size_of(files, tests=["checks/"]).task_class is TaskClass.FEATURE
