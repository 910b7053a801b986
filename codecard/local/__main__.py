"""`python -m codecard.local run`, and `services FOLDER` for the tests."""

import argparse
import sys
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m codecard.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run_parser = commands.add_parser("run", help="the whole product, in the foreground")
    run_parser.add_argument("--with-parent", action="store_true", help="stop when the parent process is gone")
    services_parser = commands.add_parser("services", help="throw-away servers in FOLDER, until standard input ends")
    services_parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    if sys.platform == "win32":
        raise SystemExit(
            "The embedded servers don't run on Windows. Set DATABASE_URL and REDIS_URL, and start manage.py migrate, "
            "the web server and the worker as compose.yaml does; or use WSL."
        )
    from codecard.local import run, throwaway  # noqa: PLC0415 (can't be imported on Windows)

    if arguments.command == "run":
        return run.run(with_parent=arguments.with_parent)
    return throwaway.serve(arguments.folder)


if __name__ == "__main__":
    sys.exit(main())
