"""Brings the database up to date, starts the sample workspace, asks for sign-in links: one process, one Django start.

Run by the supervisor as `python -m codecard.local.prepare <file for their words>`.
"""

import io
import os
import sys
import traceback
from pathlib import Path

import django
from django.core.management import call_command, get_commands


def main(links_file: Path) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "codecard.settings")
    django.setup()
    call_command("migrate", interactive=False)
    sample = _try("sample", "start") if os.environ.get("CODECARD_SAMPLE", "1") != "0" else ""
    links_file.write_text(sample + _try("local_links"))


def _try(name: str, *arguments: str) -> str:
    """What a command prints. Its failure is told but stops nothing: the product is worth starting without a sample."""
    output = io.StringIO()
    if name not in get_commands():
        return ""
    try:
        call_command(name, *arguments, stdout=output)
    except Exception as error:
        traceback.print_exc()
        output.write(f"manage.py {name} failed: {error!r} (more in logs/prepare.log)\n")
    return output.getvalue()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
