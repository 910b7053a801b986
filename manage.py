#!/usr/bin/env python
"""Django's command line. Beside a running `make run` it finds that one's database by itself."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "codecard.settings")
    if not os.environ.get("DATABASE_URL") and sys.platform != "win32":
        from codecard.local.adopt import adopt_running_services  # noqa: PLC0415 (absent from Windows)

        adopt_running_services()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
