"""`python bench/pulls.py DATA_DIR [--json]` judges the product on pull requests whose truth is known.

Run as a file, Python looks for modules beside it and not in the checkout; this puts that right, and no more. What it
does is in `bench/judging/`; `python -m bench pulls DATA_DIR` is the same.
"""

import sys
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    raise SystemExit(import_module("bench.judging.report").main(sys.argv[1:]))
