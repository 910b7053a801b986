"""Servers for the tests: quick, not durable, gone with whoever started them."""

import os
import select
import shutil
from pathlib import Path

from codecard.local.account import service_account
from codecard.local.leftovers import end_leftovers
from codecard.local.servers import start_services
from codecard.local.state import State
from codecard.local.supervisor import ChildEnded, Stopped, Supervisor
from codecard.local.terminal import last_lines

READY, FAILED = "ready", "failed"


def serve(folder: Path) -> int:
    """Serve from `folder` until standard input ends, then remove it.

    Once both servers answer, it has a file `ready`; when they can't be started, a file `failed` that says why.
    """
    account, state = service_account(), State(folder)
    state.create(account)
    end_leftovers(folder)
    try:
        with Supervisor() as supervisor:
            start_services(supervisor, state, account, is_throwaway=True)
            (folder / READY).touch()
            supervisor.wait_until(_standard_input_ended, pause_seconds=0.2)
    except ChildEnded as ended:
        (folder / FAILED).write_text(f"{last_lines(ended.child.log)}\n{ended}")
        return 1
    except SystemExit as refused:
        (folder / FAILED).write_text(str(refused))
        return 1
    except Stopped:
        pass
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _standard_input_ended() -> bool:
    return bool(select.select([0], [], [], 0)[0]) and os.read(0, 1024) == b""
