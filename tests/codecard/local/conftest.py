import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests._processes import Processes


@pytest.fixture
def processes(tmp_path: Path, short_folder: Path) -> Iterator[Processes]:
    """Ended before `short_folder` is removed, into which they may still write."""
    own = Processes(tmp_path)
    yield own
    own.close()


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A place that any user reaches, with a path short enough for sockets; pytest's own is for its user alone."""
    folder = Path("/tmp") / f"codecard-{uuid4().hex[:8]}"
    folder.mkdir()
    yield folder
    subprocess.run(["rm", "-rf", folder], check=True)
