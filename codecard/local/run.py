"""`make run`: services, migrations, web and worker, until somebody stops it."""

import http.client
import os
import socket
import sys

from codecard.local.account import Account, service_account
from codecard.local.leftovers import MARK, end_leftovers
from codecard.local.servers import open_log, start_services
from codecard.local.state import CHECKOUT, State, find_state
from codecard.local.supervisor import ChildEnded, Program, Stopped, Supervisor, say
from codecard.local.terminal import Tail, last_lines

HOST, DEFAULT_PORT, PORTS_TO_TRY = "127.0.0.1", 8000, 100
# More processes than this only cost memory on one person's machine.
MOST_WEB_PROCESSES = 4
SECONDS_FOR_WEB = 120


def run(*, with_parent: bool) -> int:
    """Runs the product in the foreground; the exit code is 0 when it was asked to stop."""
    account = service_account()
    state = find_state(account)
    state.create(account)
    state.lock()
    end_leftovers(state.folder)
    say(f"Code Card is starting; its data are in {state.folder}")
    try:
        with Supervisor(with_parent=with_parent) as supervisor:
            _start_and_watch(supervisor, state, account)
    except Stopped:
        say("Code Card has stopped.")
        return 0
    except ChildEnded as ended:
        say(f"\n{last_lines(ended.child.log)}\n\n{ended}, so everything was stopped. Its log: {ended.child.log}")
        return 1
    return 0


def _start_and_watch(supervisor: Supervisor, state: State, account: Account) -> None:
    addresses = start_services(supervisor, state, account)
    port = choose_port()
    base_url = os.environ.get("BASE_URL") or f"http://{HOST}:{port}"
    own = {
        "CODECARD_LOCAL": "1",
        "CODECARD_HOME": str(state.folder),
        "SECRET_KEY": os.environ.get("SECRET_KEY") or state.secret_key(),
        "DATABASE_URL": addresses.database_url,
        "REDIS_URL": addresses.redis_url,
        "BASE_URL": base_url,
    }
    state.remember(own)
    environment = {**_with_bytecode(state), **own, MARK: str(state.folder), "PYTHONUNBUFFERED": "1"}
    links = _prepare(supervisor, state, environment)
    tails = []
    for name, command in (
        ("web", _web_command(port)),
        ("worker", [sys.executable, "-m", "codecard.local.worker", str(state.folder / "beat")]),
    ):
        log = open_log(state, name)
        tails.append(Tail(log))
        supervisor.start(Program(name=name, command=command, log=log, environment=environment, cwd=CHECKOUT))
    supervisor.wait_until(lambda: answers(port), pause_seconds=0.1, give_up_after_seconds=SECONDS_FOR_WEB)
    say(_announcement(base_url, state, links))
    supervisor.run(every_second=[tail.show_new for tail in tails])


def _with_bytecode(state: State) -> dict[str, str]:
    """Where compiled modules may not be kept beside their sources, keep them with the data: a quarter of the time."""
    environment = dict(os.environ)
    if environment.pop("PYTHONDONTWRITEBYTECODE", None) or not os.access(sys.prefix, os.W_OK):
        environment["PYTHONPYCACHEPREFIX"] = str(state.folder / "bytecode")
    return environment


def _prepare(supervisor: Supervisor, state: State, environment: dict[str, str]) -> str:
    """The sign-in links. :raises ChildEnded: when the migrations fail."""
    links, log = state.logs / "links", open_log(state, "prepare")
    command = [sys.executable, "-m", "codecard.local.prepare", str(links)]
    program = Program(name="manage.py migrate", command=command, log=log, environment=environment, cwd=CHECKOUT)
    child = supervisor.start(program)
    if supervisor.finish(child) != 0:
        raise ChildEnded(child)
    text = links.read_text()
    links.unlink()
    return text


def _web_command(port: int) -> list[str]:
    workers = os.environ.get("WEB_CONCURRENCY") or str(min(os.cpu_count() or 1, MOST_WEB_PROCESSES))
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)),
        *("--workers", workers, "--blocking-threads", "1", "--no-ws", "--respawn-failed-workers"),
        *("--workers-kill-timeout", "5", "--log-level", "warning", "codecard.wsgi:application"),
    ]


def choose_port() -> int:
    """PORT, else 8000; where that is taken the next free one, and says so."""
    wanted = int(os.environ.get("PORT") or DEFAULT_PORT)
    for port in range(wanted, min(wanted + PORTS_TO_TRY, 65536)):
        if is_free(port):
            if port != wanted:
                say(f"Port {wanted} is taken, so {port} is used.")
            return port
    raise SystemExit(f"No free port from {wanted} on. Set PORT to one.")


def is_free(port: int) -> bool:
    with socket.socket() as listener:
        # As servers do: a port of connections that are only just closing counts as free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(1)
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _announcement(base_url: str, state: State, links: str) -> str:
    rule = "-" * 78
    parts = [
        rule,
        f"Code Card is running at  {base_url}/",
        links.strip(),
        f"Logs: {state.logs}",
        "Stop it with Ctrl-C.",
        rule,
    ]
    return "\n".join(part for part in parts if part)
