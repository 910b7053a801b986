"""What the documents say is what the product does: settings, snippets, examples, channels, commands and links."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from django.core.management import get_commands

from events.api.incidents import IncidentBody
from events.schema import KINDS, Fact
from events.sources import all_sources, code_card
from events.sources._base import Channel, Context

CHECKOUT = Path(__file__).resolve().parent.parent
DOCUMENTS = [
    *(CHECKOUT / f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY")),
    *sorted((CHECKOUT / "docs").rglob("*.md")),
]
README = (CHECKOUT / "README.md").read_text()
OTLP_URL, KEY = "http://127.0.0.1:8000/otlp", "YOUR_KEY"
READERS = {"flag", "listed", "number", "choice", "get"}
FENCED = re.compile(r"```\w*\n.*?```", re.DOTALL)


def section(text: str, heading: str) -> str:
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def blocks(text: str, languages: str = r"\w+") -> list[str]:
    return re.findall(rf"```(?:{languages})\n(.*?)\n```", text, re.DOTALL)


def rows(text: str) -> Iterator[list[str]]:
    """The cells of tables' rows, without the marks of code."""
    for line in text.splitlines():
        if line.startswith("|"):
            yield [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]


# --- settings --------------------------------------------------------------------------------------------------------


def variables_read() -> set[str]:
    """Names that `flag`, `listed`, `number` and `os.environ.get` are called with, and keys of `os.environ`."""
    places = [CHECKOUT / "codecard/settings.py", CHECKOUT / "codecard/lib/environment.py"]
    found = set()
    for path in [*places, *(CHECKOUT / "codecard/local").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str(read)), *_]
                ):
                    if name in READERS:
                        found.add(read)
                case ast.Subscript(value=ast.Attribute(attr="environ"), slice=ast.Constant(value=str(read))):
                    found.add(read)
    return {name for name in found if re.fullmatch(r"[A-Z][A-Z_]+", name)}


def test_the_readme_lists_every_environment_variable_and_no_other() -> None:
    listed = {name for name, *_ in rows(section(README, "Settings")) if name.isupper()}
    assert listed == variables_read()


def test_every_variable_of_compose_is_explained() -> None:
    asked_for = set(re.findall(r"\$\{(\w+)", (CHECKOUT / "compose.yaml").read_text()))
    assert {name for name in asked_for if name not in README} == set()


# --- snippets and examples -------------------------------------------------------------------------------------------


def test_snippets_of_the_readme_are_those_of_the_sources() -> None:
    shown = blocks(section(README, "Connect a tool"))
    sources = [source for source in all_sources() if source.steps(OTLP_URL, KEY)]
    codes = {source.name: [step.code.rstrip() for step in source.steps(OTLP_URL, KEY)] for source in sources}
    assert [block for block in shown if not any(block in given for given in codes.values())] == []
    assert [name for name, given in codes.items() if not set(given) & set(shown)] == []


@pytest.mark.parametrize(("document", "rejected"), [("README.md", []), ("docs/api.md", [2])])
def test_examples_of_own_events_are_taken_as_the_document_says(document: str, rejected: list[int]) -> None:
    (body,) = re.findall(r"--data '(.*?)'", (CHECKOUT / document).read_text(), re.DOTALL)
    parsed = code_card.parse(body.encode(), "application/json", Context(b"key"))
    assert [item.index for item in parsed.rejected] == rejected


def test_the_example_of_an_incident_is_one() -> None:
    (body,) = re.findall(r"--json '(.*?)'", (CHECKOUT / "docs/api.md").read_text(), re.DOTALL)
    assert msgspec.json.decode(body, type=IncidentBody).fix == 482


def test_json_in_documents_is_json() -> None:
    for document in DOCUMENTS:
        for block in blocks(document.read_text(), "json"):
            msgspec.json.decode(block)


# --- what the product has --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_api_page_names_every_field_of_a_kind(kind: str) -> None:
    (told,) = [cells[1] for cells in rows((CHECKOUT / "docs/api.md").read_text()) if cells[0] == kind]
    own = set(KINDS[kind].__struct_fields__) - set(Fact.__struct_fields__)
    assert {name for name in own if not re.search(rf"\b{name}\b", told)} == set()


def test_the_api_page_names_every_common_field() -> None:
    fields = section((CHECKOUT / "docs/api.md").read_text(), "Send events")
    assert {name for name in Fact.__struct_fields__ if f"`{name}`" not in fields} == set()


def test_the_page_of_the_wires_lists_every_channel_with_number_and_rank() -> None:
    channels = {channel for source in all_sources() for channel in source.channels} | {code_card.CHANNEL}
    told = {tuple(cells[:3]) for cells in rows((CHECKOUT / "docs/wires.md").read_text()) if len(cells) == 4}
    assert {_row(channel) for channel in channels} == {row for row in told if row[1].isdigit()}


def _row(channel: Channel) -> tuple[str, str, str]:
    apart = "".join(f"; {kind.name.lower()} {rank}" for kind, rank in channel.ranks.items())
    return channel.name, str(channel.number), f"{channel.rank}{apart}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(CHECKOUT).as_posix())
def test_commands_and_targets_exist(document: Path) -> None:
    code = " ".join(re.findall(r"```.*?```|`[^`\n]+`", document.read_text(), re.DOTALL))
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", code)) - targets == set()
    assert set(re.findall(r"manage\.py ([a-z_]+)", code)) - get_commands().keys() == set()


# --- links -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(CHECKOUT).as_posix())
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", document.read_text()))
    assert [target for target in targets if "://" not in target and not _is_there(document, target)] == []


def _is_there(document: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    found = (document.parent / path).resolve() if path else document
    if not found.exists() or not found.is_relative_to(CHECKOUT):
        return False
    return not anchor or anchor in {
        _anchor(title) for title in re.findall(r"^#+ (.+)$", found.read_text(), re.MULTILINE)
    }


def _anchor(title: str) -> str:
    """As GitHub makes them."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
