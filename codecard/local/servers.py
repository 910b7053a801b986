"""Which of the two servers are embedded, and the addresses of both."""

import os
from dataclasses import dataclass
from pathlib import Path

from codecard.local.account import Account
from codecard.local.binaries import postgres_folder, valkey_server
from codecard.local.postgres import Postgres
from codecard.local.state import State
from codecard.local.supervisor import Supervisor
from codecard.local.valkey import Valkey

SECONDS_FOR_VALKEY = 30


@dataclass(frozen=True)
class Addresses:
    database_url: str
    redis_url: str


def start_services(supervisor: Supervisor, state: State, account: Account, *, is_throwaway: bool = False) -> Addresses:
    """Start what the environment doesn't already provide, and wait until both answer."""
    sockets = state.socket_folder(account)
    database_url, redis_url = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    valkey = None if redis_url else Valkey(valkey_server(account, state.copies), state.folder, sockets, account)
    if valkey:
        valkey.start(supervisor, open_log(state, "valkey"))  # comes up while PostgreSQL is prepared
    if not database_url:
        programs = postgres_folder(account, state.copies)
        postgres = Postgres(programs, state.folder / "postgres", sockets, account, is_throwaway)
        postgres.prepare()
        postgres.start(supervisor, open_log(state, "postgres"))
        database_url = postgres.url
    if valkey:
        supervisor.wait_until(valkey.is_ready, give_up_after_seconds=SECONDS_FOR_VALKEY)
    return Addresses(database_url, redis_url or (valkey.url if valkey else ""))


def open_log(state: State, name: str, *, keep_bytes: int = 10_000_000) -> Path:
    """The log's path, after the file was set aside where it has grown large."""
    path = state.logs / f"{name}.log"
    if path.exists() and path.stat().st_size > keep_bytes:
        path.rename(path.with_suffix(".log.old"))
    return path
