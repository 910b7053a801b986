import os
from pathlib import Path

import pytest

from codecard.local.account import Account
from codecard.local.state import LONGEST_SOCKET_FOLDER, State, find_state

NOBODY = Account(65534, 65534)
OURSELVES = Account()


@pytest.fixture
def state(tmp_path: Path) -> State:
    made = State(tmp_path / "home")
    made.create(OURSELVES)
    return made


def test_a_folder_has_one_run_at_a_time(state: State) -> None:
    descriptor = state.lock()
    state.remember({"BASE_URL": "http://127.0.0.1:8000"})
    assert state.is_running()
    with pytest.raises(SystemExit, match=f"already running from .* at http://127.0.0.1:8000.* kill {os.getpid()}"):
        state.lock()
    os.close(descriptor)
    assert not state.is_running()


def test_the_secret_key_is_made_once_and_private(state: State) -> None:
    key = state.secret_key()
    assert len(key) >= 50
    assert state.secret_key() == key
    assert (state.folder / "secret_key").stat().st_mode & 0o777 == 0o600


def test_what_is_remembered_is_private(state: State) -> None:
    state.remember({"A": "1"})
    assert state.remembered() == {"A": "1"}
    assert (state.folder / "environment.json").stat().st_mode & 0o777 == 0o600


def test_a_long_path_gets_its_sockets_elsewhere_and_leaves_no_folder_behind(tmp_path: Path) -> None:
    state = State(tmp_path / ("long" * 30))
    state.create(OURSELVES)
    first = state.socket_folder(OURSELVES)
    second = state.socket_folder(OURSELVES)
    assert len(os.fsencode(second)) <= LONGEST_SOCKET_FOLDER
    assert second.stat().st_mode & 0o777 == 0o700
    assert not first.exists()
    second.rmdir()


def test_stale_sockets_are_gone(short_folder: Path) -> None:
    state = State(short_folder / "home")
    state.create(OURSELVES)
    (state.socket_folder(OURSELVES) / "valkey.sock").touch()
    assert list(state.socket_folder(OURSELVES).iterdir()) == []


def test_the_home_is_where_the_variable_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CODECARD_HOME", str(tmp_path / "mine"))
    assert find_state(OURSELVES).folder == tmp_path / "mine"


def test_a_home_out_of_reach_of_the_servers_account_is_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    monkeypatch.setenv("CODECARD_HOME", str(tmp_path / "closed" / "home"))
    folder = find_state(NOBODY).folder
    assert folder.parent == Path("/var/lib/codecard")
    assert find_state(NOBODY).folder == folder


def test_an_own_folder_is_opened_for_passing_through_only(tmp_path: Path) -> None:
    state = State(tmp_path / "home")
    state.folder.mkdir(mode=0o700)
    state.create(NOBODY)
    assert state.folder.stat().st_mode & 0o777 == 0o711
    assert state.logs.stat().st_mode & 0o777 == 0o700
