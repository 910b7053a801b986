from events.dashboards.narrowing import address, chips, filters_from, name_of
from events.metrics._base import By


def test_only_known_names_narrow_and_none_without_a_value() -> None:
    assert filters_from({"task": "test", "model": "", "author": "bob", "p": "7d"}) == {By.TASK: "test"}
    assert len(filters_from({"lang": "x" * 5000})[By.LANGUAGE]) == 200


def test_an_address_keeps_the_period_and_is_escaped() -> None:
    assert address("/x/", {}, {}) == "/x/"
    assert address("/x/", {"p": "7d"}, {By.MODEL: 'a&b="'}) == "/x/?p=7d&model=a%26b%3D%22"


def test_a_chip_sets_its_own_value_and_leaves_the_others() -> None:
    task, model, *_ = chips("/x/", {"p": "7d"}, {By.TASK: "test", By.MODEL: "opus"}, lambda by: [by.value])
    assert (task.text, task.clear) == ("Task type: Tests", "/x/?p=7d&model=opus")
    assert [(one.name, one.href, one.is_chosen) for one in model.options] == [
        ("model", "/x/?p=7d&task=test&model=model", False),
        ("opus", "/x/?p=7d&task=test&model=opus", True),
    ]


def test_values_have_the_names_that_people_use() -> None:
    assert name_of(By.TASK, "endpoint") == "API endpoints"
    assert name_of(By.REPOSITORY, "github.com/acme/api") == "acme/api"
    assert name_of(By.MODEL, "unknown") == "Unknown"
