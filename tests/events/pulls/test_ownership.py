"""Line owners in the database: what replay writes, in whatever order things become known."""

import random
import threading
from typing import Any

import pytest
from django.db import connection

from codecard.lib.tenant import tenant
from events.models import Chore, DefaultCommit, DiffState, FileOwners, LineRemoval, Repository
from events.pulls import ownership
from events.pulls.chores import ChoreKind
from events.pulls.lines.changes import Deleted, FileChange, Group, State, Status
from events.pulls.lines.packing import unpack_runs
from teams.models import Organization
from tests.events.pulls import _histories
from tests.events.pulls._histories import History, lines_by_owner, owners_of, store, tables_of, tell
from tests.factories import NOW
from tests.pull_requests import make_default_commit, make_pull_request, make_repository

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def repository(acme: Organization) -> Repository:
    with tenant(acme.id):
        return make_repository(acme)


def _replay(repository: Repository) -> None:
    ownership.handle(repository.organization_id, repository.id, now=NOW)


class _Dying:
    """Runs statements, and dies at the second of one kind."""

    def __init__(self, deadly: str) -> None:
        self.deadly, self.lives, self.execute = deadly, 1, ownership._execute

    def __call__(self, statement: str, repository: Repository, **parameters: Any) -> None:
        if statement == self.deadly:
            if not self.lives:
                raise KeyboardInterrupt
            self.lives -= 1
        self.execute(statement, repository, **parameters)


def _copy_of(repository: Repository, diffs: list[_histories.Diff]) -> list[object]:
    """The tables of the same history, told in order and replayed at once."""
    with tenant(repository.organization_id):
        other = make_repository(repository.organization)
        store(other, diffs)
    _replay(other)
    with tenant(repository.organization_id):
        return tables_of(other)


@pytest.mark.parametrize("seed", range(4))
def test_every_line_has_the_commit_that_touched_it_last(repository: Repository, seed: int) -> None:
    history = History(seed, 120)
    with tenant(repository.organization_id):
        store(repository, history.diffs)
    _replay(repository)
    with tenant(repository.organization_id):
        found = owners_of(repository)
    assert found == {path: lines for path, lines in history.files.items() if lines or path in found}
    assert set(found) == set(history.files)


@pytest.mark.parametrize("seed", range(4))
def test_lines_do_not_vanish(repository: Repository, seed: int) -> None:
    """Of each commit: what stands = what it added − what others took away − what was lost with opaque files."""
    with tenant(repository.organization_id):
        store(repository, History(seed, 120).diffs)
    _replay(repository)
    with tenant(repository.organization_id):
        standing = lines_by_owner(owners_of(repository))
        left = dict(DefaultCommit.objects.filter(repository=repository).values_list("seq", "lines_added"))
        for row in LineRemoval.objects.filter(repository=repository, owner_seq__gt=0):
            left[row.owner_seq] -= row.lines + row.lost
    assert {owner: lines for owner, lines in left.items() if lines} == {o: n for o, n in standing.items() if o}
    assert sum(standing.values()) > 100


def test_diffs_that_become_known_in_any_order_and_twice_give_the_same_tables(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ownership, "COMMITS_AT_A_TIME", 7)
    history = History(11, 60)
    expected = _copy_of(repository, history.diffs)
    with tenant(repository.organization_id):
        known = list(zip(store(repository, history.diffs, is_known=False), history.diffs, strict=True))
    random.Random(3).shuffle(known)
    for commit, diff in [*known, *known[:20]]:
        with tenant(repository.organization_id):
            tell(commit, diff)
        if random.Random(commit.id).random() < 0.4:
            _replay(repository)
    for _ in range(2):
        _replay(repository)
        with tenant(repository.organization_id):
            assert tables_of(repository) == expected


def test_replay_waits_for_a_diff_and_for_a_commit_that_is_not_there(repository: Repository) -> None:
    history = History(5, 6)
    with tenant(repository.organization_id):
        first = store(repository, history.diffs[:2])
        third = store(repository, history.diffs[2:3], first=3, is_known=False)
        store(repository, history.diffs[4:], first=5)
    assert len(first) == 2
    for reached, step in ((2, None), (3, "diff"), (6, "commit")):
        with tenant(repository.organization_id):
            if step == "diff":
                tell(third[0], history.diffs[2])
            elif step == "commit":
                store(repository, history.diffs[3:4], first=4)
        _replay(repository)
        with tenant(repository.organization_id):
            assert Repository.objects.get(id=repository.id).replayed_to == reached


def test_a_rewritten_history_is_made_anew(repository: Repository) -> None:
    history, other = History(7, 40), History(7, 25)
    assert history.diffs[:25] == other.diffs
    new = [*other.diffs, *[[change] for change in (FileChange(Status.ADDED, None, "a.py", (Group(0, 0, 4),)),)]]
    expected = _copy_of(repository, new)
    with tenant(repository.organization_id):
        commits = store(repository, history.diffs)
    _replay(repository)
    with tenant(repository.organization_id):
        for commit in commits[25:]:
            DefaultCommit.objects.filter(id=commit.id).update(is_gone=True, seq=None)
        store(repository, new[25:], first=26, name="forced")
    _replay(repository)
    with tenant(repository.organization_id):
        assert tables_of(repository) == expected


def test_older_history_that_is_found_later_is_put_before(repository: Repository) -> None:
    history = History(9, 30, opaque=False)
    expected = _copy_of(repository, history.diffs)
    with tenant(repository.organization_id):
        later = store(repository, history.diffs[10:], name="later")
    _replay(repository)
    with tenant(repository.organization_id):
        for commit in reversed(later):
            DefaultCommit.objects.filter(id=commit.id).update(seq=(commit.seq or 0) + 10)
        store(repository, history.diffs[:10])
    _replay(repository)
    with tenant(repository.organization_id):
        assert tables_of(repository) == expected


@pytest.mark.parametrize("seed", range(3))
def test_a_history_that_begins_in_the_middle_is_right_or_unknown(repository: Repository, seed: int) -> None:
    history = History(seed, 80)
    with tenant(repository.organization_id):
        store(repository, history.diffs[30:])
    _replay(repository)
    with tenant(repository.organization_id):
        rows = dict(FileOwners.objects.filter(repository=repository).values_list("path", "runs"))
    known = wrong = 0
    for path, runs in rows.items():
        told = unpack_runs(bytes(runs))
        for line, owner in enumerate(history.files[path], 1):
            found = told.owner_of(line)
            known += found > 0
            wrong += found > 0 and found + 30 != owner
    assert (known > 50, wrong) == (True, 0)


def test_an_opaque_file_is_unknown_and_its_lines_are_lost_not_removed(repository: Repository) -> None:
    diffs = [
        [FileChange(Status.ADDED, None, "a.py", (Group(0, 0, 5),))],
        [FileChange(Status.MODIFIED, "a.py", "a.py", state=State.OPAQUE)],
        [FileChange(Status.MODIFIED, "a.py", "a.py", (Group(2, 1, 2),), (Deleted(2, "k", True),))],
    ]
    with tenant(repository.organization_id):
        store(repository, diffs)
    _replay(repository)
    with tenant(repository.organization_id):
        assert list(LineRemoval.objects.order_by("by_seq").values_list("owner_seq", "by_seq", "lines", "lost")) == [
            (1, 2, 0, 5),
            (0, 3, 1, 0),
        ]
        runs = unpack_runs(bytes(FileOwners.objects.get(path="a.py").runs))
    assert [runs.owner_of(line) for line in (1, 2, 3, 4)] == [0, 3, 3, 0]


def test_a_commit_remembers_whose_lines_it_changed(repository: Repository) -> None:
    diffs = [
        [FileChange(Status.ADDED, None, "a.py", (Group(0, 0, 2),))],
        [FileChange(Status.MODIFIED, "a.py", "a.py", (Group(1, 1, 2),), (Deleted(1, "c", False),))],
        [
            FileChange(
                Status.MODIFIED, "a.py", "a.py", (Group(1, 3, 1),),
                (Deleted(1, "k", True), Deleted(2, "k", True), Deleted(3, "b", False)),
            ),
            FileChange(Status.ADDED, None, "notes.md", (Group(0, 0, 2),)),
        ],
    ]  # fmt: skip
    with tenant(repository.organization_id):
        store(repository, diffs)
    _replay(repository)
    with tenant(repository.organization_id):
        told = list(DefaultCommit.objects.order_by("seq").values_list("blamed", flat=True))
    assert told == [[], [["a.py", [[1, "c", 0, 1]], []]], [["a.py", [[1, "b", 0, 1], [2, "k", 1, 2]], []]]]


def test_generated_files_are_nobodys_lines(repository: Repository) -> None:
    repository.generated_paths = ["api/client/"]
    with tenant(repository.organization_id):
        repository.save()
        added = [
            FileChange(Status.ADDED, None, path, (Group(0, 0, 9),)) for path in ("uv.lock", "api/client/x.py", "x.py")
        ]
        store(repository, [added, [FileChange(Status.RENAMED, "x.py", "api/client/z.py")]])
    _replay(repository)
    with tenant(repository.organization_id):
        assert not FileOwners.objects.exists()
        assert list(LineRemoval.objects.values_list("owner_seq", "by_seq", "lines", "lost")) == [(1, 2, 0, 9)]


def test_pull_requests_of_applied_commits_are_left_to_be_judged(repository: Repository) -> None:
    with tenant(repository.organization_id):
        pull_request = make_pull_request(repository)
        commits = store(repository, History(1, 2).diffs)
        DefaultCommit.objects.filter(id=commits[1].id).update(pull_request=pull_request)
    _replay(repository)
    with tenant(repository.organization_id):
        assert list(Chore.objects.values_list("kind", "key")) == [(ChoreKind.DEFECT, pull_request.id)]


def test_a_long_replay_gives_others_their_turn_and_goes_on_later(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ownership, "COMMITS_AT_A_TIME", 5)
    monkeypatch.setattr(ownership, "BATCHES_AT_A_TIME", 2)
    with tenant(repository.organization_id):
        store(repository, History(1, 12).diffs)
    _replay(repository)
    with tenant(repository.organization_id):
        assert list(Chore.objects.values_list("kind", "key")) == [(ChoreKind.REPLAY, repository.id)]
        assert Repository.objects.get(id=repository.id).replayed_to == 10


def test_a_worker_that_dies_in_the_middle_leaves_whole_batches(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ownership, "COMMITS_AT_A_TIME", 9)
    history = History(13, 50)
    expected = _copy_of(repository, history.diffs)
    with tenant(repository.organization_id):
        store(repository, history.diffs)
    for statement in ("_UPDATE_COMMITS", "_ADD_REMOVALS", "_UPSERT_FILES"):
        with monkeypatch.context() as patch:
            patch.setattr(ownership, "_execute", _Dying(getattr(ownership, statement)))
            with pytest.raises(KeyboardInterrupt):
                _replay(repository)
        with tenant(repository.organization_id):
            assert Repository.objects.get(id=repository.id).replayed_to % 9 == 0
    _replay(repository)
    with tenant(repository.organization_id):
        assert tables_of(repository) == expected


def test_two_workers_at_once_apply_each_commit_once(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "COMMITS_AT_A_TIME", 4)
    history = History(17, 60)
    expected = _copy_of(repository, history.diffs)
    with tenant(repository.organization_id):
        store(repository, history.diffs)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            _replay(repository)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert errors == []
    with tenant(repository.organization_id):
        assert tables_of(repository) == expected


def test_a_repository_that_is_gone_is_nothing_to_do(acme: Organization) -> None:
    ownership.handle(acme.id, 4711, now=NOW)


def test_a_commit_without_changes_moves_on(repository: Repository) -> None:
    with tenant(repository.organization_id):
        make_default_commit(repository, 1, diff_state=DiffState.OPAQUE, changes=None)
    _replay(repository)
    with tenant(repository.organization_id):
        assert Repository.objects.get(id=repository.id).replayed_to == 1
