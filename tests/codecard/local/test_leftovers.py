import sys
from pathlib import Path

import pytest

from codecard.local.leftovers import MARK, end_leftovers
from tests._processes import Processes, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")
SLEEP = ("-c", "import time; print('up', flush=True); time.sleep(60)")


def test_only_processes_of_the_same_folder_are_ended(processes: Processes, tmp_path: Path) -> None:
    same = processes.start(*SLEEP, **{MARK: str(tmp_path)})
    other = processes.start(*SLEEP, **{MARK: f"{tmp_path}/other"})
    for program in (same, other):
        assert program.stdout
        assert program.stdout.readline() == "up\n"
    assert end_leftovers(tmp_path) == [same.pid]
    assert same.wait(5) == -9
    assert not wait_until(lambda: other.poll() is not None, seconds=0.2)
