import subprocess
import sys

PROGRAM = """
import gc, sys
from codecard.wsgi import application
assert callable(application)
assert "codecard.views" in sys.modules and "profiles.views" in sys.modules
print(gc.get_freeze_count() > 100_000, gc.get_threshold())
"""


def test_all_views_are_loaded_and_left_out_of_collections_before_the_first_request() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True (100000, 50, 1000)"
