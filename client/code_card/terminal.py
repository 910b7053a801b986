"""Words to and from whoever sits at the terminal."""

from __future__ import annotations

import sys


def say(text: str = "") -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    sys.stderr.write(f"code-card: {text}\n")


def agrees(question: str) -> bool:
    """Nobody there is no."""
    sys.stdout.write(f"{question} [y/N] ")
    sys.stdout.flush()
    answer = sys.stdin.readline()
    if not answer:
        say()
    return answer.strip().lower() in ("y", "yes")
