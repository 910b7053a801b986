"""The command line. Hooks never fail and never say anything: whoever works must not notice them."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from . import VERSION, account, committing, connect, git, hooks, login, noting, sending, spool, status, web
from .account import Account
from .jsonc import UnreadableError
from .places import Places
from .terminal import agrees, complain, say
from .tools import TOOLS, tool_named

_ERRORS = (
    web.AddressError, web.OfflineError, login.LoginError, hooks.HookError, sending.FileError, git.NoRepositoryError,
    UnreadableError, OSError,
)  # fmt: skip


class NotSignedInError(ValueError):
    pass


def main(arguments: Sequence[str] | None = None, places: Places | None = None) -> int:
    """The exit status."""
    places = places or Places.here()
    asked = _parser().parse_args(arguments)
    try:
        return int(asked.run(places, asked))
    except NotSignedInError:
        complain("this machine is not signed in. Start: code-card login --server https://…")
    except _ERRORS as error:
        complain(str(error))
    except KeyboardInterrupt:
        complain("stopped.")
        return 130
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("code-card", description="Connects your tools to Code Card.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"code-card {VERSION}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    one = commands.add_parser("login", help="sign this machine in")
    _server(one)
    one.set_defaults(run=_login)
    one = commands.add_parser("logout", help="forget the keys of this machine")
    one.set_defaults(run=_logout)

    one = commands.add_parser("connect", help="set up the tools on this machine, after showing what changes")
    _server(one)
    one.add_argument("--tool", action="append", choices=[tool.name for tool in TOOLS], help="only this one; repeatable")
    one.add_argument("--yes", action="store_true", help="don't ask")
    one.add_argument("--dry-run", action="store_true", help="show only")
    one.add_argument("--undo", action="store_true", help="take back what was changed")
    one.set_defaults(run=_connect)

    one = commands.add_parser("status", help="what arrives, what is missing, what to do")
    one.set_defaults(run=_status)

    one = commands.add_parser("send", help="send a file of events, JUnit XML, or the report of an analyser")
    one.add_argument("file", nargs="?", help="- is what comes in; without one, what waits is sent")
    one.add_argument("--kind", choices=["events", "junit", "quality"], help="if it can't be told by the file")
    for name in ("repository", "commit", "branch", "attempt", "job", "pull-request", "format"):
        one.add_argument(f"--{name}", help="of a report; by default what git knows" if name == "commit" else None)
    one.set_defaults(run=_send)

    one = commands.add_parser("hook", help="tell how much of what assistants wrote is committed")
    ways = one.add_subparsers(metavar="WHAT", required=True)
    for name, run in (("install", _install), ("uninstall", _uninstall)):
        way = ways.add_parser(name, help=f"{name} the hooks of Claude Code and of this clone")
        way.add_argument("--repo", default=".", help="the clone; by default the one around the working folder")
        way.set_defaults(run=run)
    ways.add_parser("post-tool-use").set_defaults(run=_post_tool_use)
    ways.add_parser("post-commit").set_defaults(run=_post_commit)
    commands.add_parser("drain").set_defaults(run=_drain)
    return parser


def _server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--server", "--to", help="such as https://code-card.example.com")
    parser.add_argument("--no-browser", action="store_true", help="open no page by itself")


def _account(places: Places) -> Account:
    known = account.load(places)
    if known is None:
        raise NotSignedInError
    return known


def _login(places: Places, asked: argparse.Namespace) -> int:
    known = account.load(places)
    server = asked.server or os.environ.get("CODE_CARD_SERVER") or (known.server if known else "")
    if not server:
        raise NotSignedInError
    is_local = sys.stdout.isatty() and not places.environment.get("SSH_CONNECTION")
    made = login.sign_in(places, server, opens_browser=is_local and not asked.no_browser)
    say(f"Signed in: what this machine sends goes to {made.organization}.")
    return 0


def _logout(places: Places, asked: argparse.Namespace) -> int:
    known = account.load(places)
    account.forget(places)
    say(f"Forgotten. To revoke the keys, open My keys on {known.server}." if known else "Nobody was signed in.")
    return 0


def _connect(places: Places, asked: argparse.Namespace) -> int:
    if asked.undo:
        return 1 if connect.undo(places, asked.tool or ()) else 0
    known = account.load(places)
    if known is None or (asked.server and web.checked(asked.server) != known.server):
        _login(places, asked)
    known = _account(places)
    tools = [tool for tool in map(tool_named, asked.tool) if tool] if asked.tool else connect.found(places)
    if not tools:
        say("No tool was found on this machine: Claude Code, Codex, Gemini CLI or Copilot in VS Code.")
        return 1
    done = connect.connect(places, known, tools, (lambda _: True) if asked.yes else agrees, is_dry=asked.dry_run)
    if done:
        say("\nAsk one of them something. What arrives is shown by code-card status, and live on")
        say(f"  {known.watching([tool.name for tool in done])}")
        say("To take all of it back: code-card connect --undo")
    return 0 if done or asked.dry_run else 1


def _status(places: Places, asked: argparse.Namespace) -> int:
    known = _account(places)
    with contextlib.suppress(web.OfflineError):
        spool.drain(places, known)
    return status.status(places, known, Path.cwd())


def _send(places: Places, asked: argparse.Namespace) -> int:
    known = _account(places)
    if not asked.file:
        sent, refused = spool.drain(places, known)
        for reason in refused:
            complain(f"refused: {reason}")
        say(f"{sent} sent.")
        return 1 if refused else 0
    body = sys.stdin.buffer.read() if asked.file == "-" else Path(asked.file).read_bytes()
    path, content_type = sending.target(body, Path.cwd(), vars(asked))
    answer = sending.send(places, known, path, body, content_type)
    if answer is None or spool.is_for_later(answer):
        say(f"It waits, and is sent later. {answer.reason if answer else f'{known.server} does not answer.'}")
        return 0
    if not answer.is_ok:
        complain(f"refused: {answer.reason}")
        return 1
    told = answer.json()
    rejected = told.get("rejected") or []
    for one in rejected[:20]:
        complain(f"item {one['index']}: {one['reason']}")
    counts = {name: value for name, value in told.items() if isinstance(value, int) and not isinstance(value, bool)}
    say(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in counts.items()) or "Sent.")
    return 1 if rejected else 0


def _install(places: Places, asked: argparse.Namespace) -> int:
    say(f"Claude Code tells from now on which lines it writes: {hooks.install_claude(places)}")
    hook = hooks.install_git(places, Path(asked.repo))
    say(f"git compares them with each commit: {hook}")
    if hook.with_name(hooks.BEFORE).exists():
        say(f"The hook that was there runs before it: {hooks.BEFORE}")
    say("Compared on this machine: only counts, line numbers and ids leave it, never a line.")
    return 0


def _uninstall(places: Places, asked: argparse.Namespace) -> int:
    claude = hooks.uninstall_claude(places)
    with contextlib.suppress(git.NoRepositoryError):
        hook = hooks.uninstall_git(Path(asked.repo))
        say(f"git: {hook} is taken away." if hook else "git: no hook of code-card here.")
    say(f"Claude Code: taken out of {claude}." if claude else "Claude Code: no hook of code-card.")
    return 0


def _post_tool_use(places: Places, asked: argparse.Namespace) -> int:
    if not places.environment.get("CODE_CARD_OFF"):
        with contextlib.suppress(Exception):
            noting.note(places, hooks.read_payload(sys.stdin.buffer.read()))
    return 0


def _post_commit(places: Places, asked: argparse.Namespace) -> int:
    with contextlib.suppress(Exception):
        events = committing.facts(places, Path.cwd())
        if events and not places.environment.get("CODE_CARD_OFF"):
            sending.keep_events(places, events)
            if account.load(places):
                sending.drain_behind(places)
    return 0


def _drain(places: Places, asked: argparse.Namespace) -> int:
    with contextlib.suppress(Exception):
        spool.drain(places, _account(places), seconds=30)
    return 0
