import pytest

from events.sources._languages import spelled
from events.sources._paths import LANGUAGES, classify


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("python", "Python"), ("Python", "Python"), ("PYTHON ", "Python"), ("typescriptreact", "TypeScript"),
        ("csharp", "C#"), ("cpp", "C++"), ("shellscript", "Shell"), ("dockerfile", "Dockerfile"),
        ("Brainfuck", "brainfuck"), ("  ", None),
    ],
)  # fmt: skip
def test_a_language_has_one_name(told: str, name: str | None) -> None:
    assert spelled(told) == name


@pytest.mark.parametrize("name", [*LANGUAGES, "Dockerfile", "Makefile"])
def test_names_that_come_from_paths_are_spelled_already(name: str) -> None:
    assert spelled(name) == name


def test_editors_and_paths_agree() -> None:
    for path, told in (("a.tsx", "typescriptreact"), ("a.cs", "csharp"), ("a.sh", "shellscript"), ("a.yml", "yaml")):
        assert classify(path)[1] == spelled(told)
