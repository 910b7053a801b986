from pathlib import Path

import pytest

from codecard.local import binaries
from codecard.local.account import Account, service_account


def test_the_servers_come_from_the_wheels(tmp_path: Path) -> None:
    folder = binaries.postgres_folder(service_account(), tmp_path)
    assert binaries.postgres_major(folder) >= binaries.OLDEST_POSTGRES
    assert binaries.valkey_server(service_account(), tmp_path).exists()


def test_programs_out_of_reach_are_copied_with_their_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Account, "can_traverse", lambda self, path: False)
    folder = binaries.postgres_folder(Account(), tmp_path)
    assert folder.is_relative_to(tmp_path)
    assert binaries.postgres_major(folder) >= binaries.OLDEST_POSTGRES
    assert binaries.postgres_folder(Account(), tmp_path) == folder


def test_a_platform_without_servers_is_told_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_package_folder", lambda name: None)
    monkeypatch.setattr(binaries, "_system_postgres_folders", lambda: iter([]))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(binaries.Missing, match="Set DATABASE_URL"):
        binaries.postgres_folder(Account(), tmp_path)
    with pytest.raises(binaries.Missing, match="Set REDIS_URL"):
        binaries.valkey_server(Account(), tmp_path)
