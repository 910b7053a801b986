import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.pulls.reverts import Method, RevertMark, Target, key_of, read, resolve, subject_of

A, B, C = "a1" * 20, "b2" * 20, "c3" * 20
SECRET = b"of one organization"
FIXTURE = Path(__file__).parents[2] / "fixtures/pulls/reverts.json"


@pytest.mark.parametrize(
    ("message", "shas"),
    [
        (f'Revert "x"\n\nThis reverts commit {A}.', (A,)),
        (f"This reverts commit {A.upper()}", (A,)),
        (f"This reverts commit {A}, reversing\nchanges made to {B}.", (A,)),
        (f"This reverts commit {A}.\n\nThis reverts commit {B}.", (A, B)),
        (f"This reverts commits {A}, {B} and {C}.", (A, B, C)),
        (f"This reverts the following commits:\n\n- {A}\n- {B}\n", (A, B)),
        (f"This partially reverts commit {A[:12]} since it broke.", (A[:12],)),
        (f"Revert {A[:7]}", (A[:7],)),
        (f"Revert `{A[:10]}`: too slow", (A[:10],)),
        (f"This reverts commit {A}\r\nand {B}\r\n", (A, B)),
        ("Revert 1234567 rows at once", ()),
        ("This reverts commit deadbeefcafe1234567890123456789012345678901234567.", ()),
        (f"Fixes: {A[:12]}", ()),
        ("This reverts the deadline", ()),
    ],
)
def test_reads_shas(message: str, shas: tuple[str, ...]) -> None:
    assert read(message=message).shas == shas


@pytest.mark.parametrize(
    ("body", "numbers"),
    [
        ("Reverts acme/shop#12", (12,)),
        ("Reverts ACME/Shop#12\nReverts acme/shop#13", (12, 13)),
        ("Reverts #12.", (12,)),
        ("Reverts https://github.com/acme/shop/pull/12", (12,)),
        ("This reverts pull request #12", (12,)),
        ("This reverts merge request !12", (12,)),
        ("Reverts other/shop#12", ()),
        ("Reverts acme/shop#12345678901", ()),
        ("Fixes #12", ()),
    ],
)
def test_reads_numbers_of_this_repository(body: str, numbers: tuple[int, ...]) -> None:
    assert read(body=body, repository="acme/shop").numbers == numbers


@pytest.mark.parametrize(
    ("title", "subject", "number", "is_reapply"),
    [
        ('Revert "Round up"', "Round up", None, False),
        ('Revert "Round up (#7)" (#9)', "Round up", 7, False),
        ('Revert "Round up." (#9)', "Round up.", None, False),
        ('Revert "Say "hello" twice"', 'Say "hello" twice', None, False),
        ('lib: Revert "lib: Round up".', "lib: Round up", None, False),
        ('Partially revert "Round up" -- it broke', "Round up", None, False),
        ("revert: round up (#3)", "round up", 3, False),
        ("revert(shop): round up", "round up", None, False),
        ('Revert "Revert "Round up""', 'Revert "Round up"', None, True),
        ('Reapply "Round up (#7)"', 'Revert "Round up (#7)"', None, True),
        ('Revert "Round up, and much mo…" (#9)', None, None, False),
        ("Revert GraphQL integration", None, None, False),
        ('Say how to revert "Round up"', None, None, False),
        ('Revert ""', None, None, False),
    ],
)
def test_reads_titles(title: str, subject: str | None, number: int | None, is_reapply: bool) -> None:
    mark = read(title=title)
    assert (mark.subject, mark.subject_number, mark.is_reapply) == (subject, number, is_reapply)
    assert read(message=f"{title}\n\nIt broke.") == mark


def test_reads_branches() -> None:
    assert read(branch="revert-12-round-up").branch_number == 12
    assert read(branch="alice:revert-12-round-up").branch_number == 12
    assert read(branch="no-revert-12").branch_number is None
    assert not read(branch="main", title="Add a page", body="Closes #3")


class Shop:
    """A history of (sha, number, subject, time); a commit's name is its place."""

    def __init__(self, *rows: tuple[str, int, str, int]) -> None:
        self.rows = rows

    def by_sha(self, sha: str) -> int | None:
        found = [i for i, row in enumerate(self.rows) if row[0].startswith(sha)]
        return found[0] if len(found) == 1 else None

    def by_number(self, number: int) -> int | None:
        return next((i for i, row in enumerate(self.rows) if row[1] == number), None)

    def by_subject(self, key: bytes, before: int) -> int | None:
        found = [(row[3], i) for i, row in enumerate(self.rows) if key_of(row[2], SECRET) == key and row[3] < before]
        return max(found)[1] if found else None


SHOP = Shop((A, 7, "Round up (#7)", 10), (B, 8, "Add a page (#8)", 20), (C, 9, "Round up (#9)", 30))


def _targets(before: int = 99, itself: int | None = None, **text: str) -> list[Target]:
    mark = read(**text, repository="acme/shop")
    key = mark.subject and key_of(mark.subject, SECRET)
    return resolve(mark, key or None, SHOP, before=before, itself=itself)


def test_the_strongest_form_is_believed() -> None:
    title = 'Revert "Round up"'
    assert _targets(message=f"{title}\n\nThis reverts commit {A}.", body="Reverts #8") == [Target(0, Method.SHA)]
    assert _targets(title=title, body="Reverts acme/shop#8") == [Target(1, Method.NUMBER)]
    assert _targets(title=title, branch="revert-7-round-up") == [Target(0, Method.BRANCH)]
    assert _targets(title='Revert "Round up (#7)"') == [Target(0, Method.TITLE)]


def test_a_title_means_the_newest_earlier_commit() -> None:
    assert _targets(title='Revert "Round up" (#10)') == [Target(2, Method.TITLE)]
    assert _targets(title='Revert "Round up"', before=30) == [Target(0, Method.TITLE)]
    assert _targets(title='Revert "Round up"', before=10) == []


def test_what_never_was_on_the_default_branch_gives_none() -> None:
    assert _targets(message=f'Revert "Round up"\n\nThis reverts commit {"d4" * 20}.') == []
    assert _targets(body="Reverts #99") == []
    assert _targets(title='Revert "Something else"') == []


def test_several_shas_are_several_targets_and_itself_is_none() -> None:
    text = f"This reverts commits {A} and {B} and {A[:8]}."
    assert [target.commit for target in _targets(message=text)] == [0, 1]
    assert [target.commit for target in _targets(message=text, itself=1)] == [0]


def test_a_subject_is_kept_as_a_key_that_only_its_organization_can_make() -> None:
    assert key_of("Round  up (#7) (#9)\n\nmore", SECRET) == key_of("Round up", SECRET)
    assert key_of("Round up", SECRET) != key_of("Round up", b"of another")
    assert len(key_of("x" * 9999, SECRET)) == 16
    assert subject_of("Round up (see #7)") == "Round up (see #7)"


def test_finds_what_was_reverted_in_real_histories() -> None:
    """Cut from public histories: subjects of reverts, and the commits that they named by SHA."""
    rows: list[dict[str, Any]] = json.loads(FIXTURE.read_text())
    for row in rows:
        shop = Shop(*((told["sha"], 0, told["subject"], told["at"]) for told in row["reverted"]))
        mark = read(message=row["revert_subject"])
        assert mark.subject is not None
        assert resolve(mark, key_of(mark.subject, SECRET), shop, before=row["revert_at"]), row["revert_subject"]


@given(st.text(max_size=300), st.text(max_size=80))
def test_reads_any_text(text: str, branch: str) -> None:
    mark = read(message=text, title=text, body=text, branch=branch, repository=text)
    assert isinstance(mark, RevertMark)
    assert key_of(text, SECRET)


@pytest.mark.parametrize(
    "bomb", ["revert " + "a1b2c3d " * 12000, "revert " * 15000, 'Revert "' + '"' * 90000, "(#1) " * 20000]
)
def test_a_long_text_is_read_in_no_time(bomb: str) -> None:
    assert len(read(message=bomb, title=bomb, body=bomb).shas) <= 50
    subject_of(bomb)
