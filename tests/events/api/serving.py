"""The web server itself, as the product starts it: what Django's test client can't show."""

import http.client
import os
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests._processes import Processes, wait_until


class Server:
    """Granian with one worker, which it starts again when it dies."""

    def __init__(self, processes: Processes, environment: dict[str, str]) -> None:
        self.processes = processes
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.program = processes.start(
            *("-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port), "--no-ws"),
            *("--workers", "1", "--blocking-threads", "1", "--respawn-failed-workers", "--log-level", "warning"),
            *("--workers-kill-timeout", "5", "codecard.wsgi:application"),
            **environment,
        )
        assert wait_until(self.is_up, 40), "the web server did not start"

    def is_up(self) -> bool:
        try:
            return self.request("GET", "/healthz")[0] == 200
        except OSError:
            return False

    def request(
        self, method: str, path: str, body: bytes | Iterator[bytes] | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """A body that is an iterator goes out in chunks, without a length."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named, encode_chunked=isinstance(body, Iterator))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def raw(self, request: bytes, *, is_cut_off: bool = False) -> bytes:
        """The answer to bytes as they are. `is_cut_off`: we say that nothing more will come."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=15) as connection:
            connection.sendall(request)
            if is_cut_off:
                connection.shutdown(socket.SHUT_WR)
            parts = []
            try:
                while part := connection.recv(65536):
                    parts.append(part)
                    if b"\r\n\r\n" in part:
                        break
            except OSError:
                pass
            return b"".join(parts)

    def workers(self) -> list[int]:
        """The processes that answer, as opposed to the one that starts them."""
        return [process_id for process_id in self.processes.alive() if process_id != self.program.pid]


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Server]:
    """A server on the tests' own database and broker, unless `environment` names others."""
    processes = Processes(folder)
    told = {
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "REDIS_URL": os.environ["REDIS_URL"],
        "SECRET_KEY": secrets.token_urlsafe(64),
        "CODECARD_LOCAL": "1",
        "LOG_LEVEL": "CRITICAL",  # nobody reads its output: full, it would stand still
        "DJANGO_SETTINGS_MODULE": "codecard.settings",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    try:
        yield Server(processes, told | environment)
    finally:
        processes.close()
