"""What a person with five years and a million facts shows, and takes along: page, card, picture, JSON, copy.

Cold is what its person changed since it was last drawn: figures are kept for an hour, and put together anew behind what
is shown. Of a person whom nobody looked at for so long nothing is kept. Else the server has it, or the reader, who is
told so with a 304.
"""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus

import psycopg

from bench.dashboards import environment_of, milliseconds
from bench.figures import Figure
from bench.product import CHECKOUT, Product

ROUNDS = 15
SLUG = HANDLE = "bench-person"
_CHANGED = "UPDATE profiles_profile SET name = 'Person ' || %s, changed_at = now() WHERE handle = %s"
_NOTHING_KEPT = "UPDATE profiles_profile SET taken_back_at = now() WHERE handle = %s"


def run(product: Product) -> list[Figure]:
    product.provision(SLUG)
    _with_person(product)
    address = f"/@{HANDLE}/"
    page = list(milliseconds(product, address, {}))
    figures = [Figure("profile page, five years and a million facts", page, "ms", at_most=40)]
    with psycopg.connect(product.database_url, autocommit=True) as database:
        for name, path, cold in (
            ("card.svg", f"{address}card.svg", 10), ("og.png", f"{address}og.png", 250),
            ("JSON", f"/api/v1/profiles/{HANDLE}/", None),
        ):  # fmt: skip

            def change(number: int) -> None:
                database.execute(_CHANGED, [number, HANDLE])

            def forget(_: int) -> None:
                database.execute(_NOTHING_KEPT, [HANDLE])

            figures.append(Figure(f"{name}, cold", list(_answers(product, path, change)), "ms", at_most=cold))
            figures.append(Figure(f"{name}, nothing kept", list(_answers(product, path, forget)), "ms"))
            figures.append(Figure(f"{name}, kept", list(milliseconds(product, path, {})), "ms"))
        known = list(_answers(product, f"{address}card.svg", lambda _: None, is_known=True))
        figures.append(Figure("card.svg, 304", known, "ms", at_most=2))
    copy = json.loads(_with_person(product, "export"))
    return [
        *figures,
        Figure("copy of a million facts", [copy["seconds"]], "s", at_most=60),
        Figure("memory of the process that prepares it", [copy["memory_mb"]], "MB", at_most=150),
        Figure("the copy, compressed", [copy["size_mb"]], "MB"),
    ]


def _with_person(product: Product, *arguments: str) -> str:
    command = [sys.executable, "-m", "bench.preload_person", *arguments]
    return subprocess.run(
        command, env=environment_of(product), cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def _answers(product: Product, path: str, change: Callable[[int], None], *, is_known: bool = False) -> Iterator[float]:
    """Each after a change. `is_known`: with the ETag of the answer before, which must be the same."""
    connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=60)
    etag, wanted = "", HTTPStatus.NOT_MODIFIED if is_known else HTTPStatus.OK
    for number in range(ROUNDS + 4):
        change(number)
        began = time.perf_counter()
        connection.request("GET", path, headers={"If-None-Match": etag} if etag and is_known else {})
        answer = connection.getresponse()
        answer.read()
        took = time.perf_counter() - began
        etag = answer.headers["ETag"]
        if number >= 4:  # after both processes were asked
            if answer.status != wanted:
                raise SystemExit(f"{path} answered {answer.status}")
            yield took * 1000
