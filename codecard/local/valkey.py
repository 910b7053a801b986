"""One Valkey (Redis protocol) on a Unix socket: broker and cache.

Nothing is kept on disk: rows in PostgreSQL say what is left to do, and a fresh queue repeats nothing.
"""

import socket
from dataclasses import dataclass
from pathlib import Path

from codecard.local.account import Account
from codecard.local.supervisor import Child, Program, Supervisor


@dataclass(frozen=True)
class Valkey:
    program: Path
    folder: Path
    sockets: Path
    account: Account

    @property
    def socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def start(self, supervisor: Supervisor, log: Path) -> Child:
        settings = {"port": "0", "unixsocket": str(self.socket), "unixsocketperm": "700", "save": "", "databases": "64"}
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        command = [str(self.program), *options]
        return supervisor.start(
            Program(name="Valkey", command=command, log=log, cwd=self.sockets, account=self.account)
        )

    def is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
            except OSError:
                return False
