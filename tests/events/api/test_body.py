"""Bodies on their way in: compressed in every way that clients use, cut off, too large, without a length."""

import gzip
import json
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from teams.models import Organization
from tests import factories
from tests.events.api.sending import EMPTY, EVENTS, INGEST_PATHS, JSON, event, post
from tests.events.api.serving import Server, serving

pytestmark = pytest.mark.django_db
ONE = json.dumps([event()]).encode()


def deflated(raw: bytes) -> bytes:
    """Without the header and the sum that make it a zlib stream, as some clients understand "deflate"."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(raw) + compressor.flush()


COMPRESSORS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "plain": ("identity", lambda raw: raw),
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZIP", gzip.compress),
    "gzip of several members": (
        "gzip",
        lambda raw: gzip.compress(raw[:7], mtime=0) + gzip.compress(b"") + gzip.compress(raw[7:]),
    ),
    "zlib": ("deflate", zlib.compress),
    "raw deflate": ("deflate", deflated),
}


@pytest.fixture
def key(acme: Organization) -> str:
    return factories.make_key(acme).secret


@pytest.mark.parametrize("name", COMPRESSORS)
def test_a_body_is_read_however_it_is_compressed(key: str, name: str) -> None:
    encoding, compress = COMPRESSORS[name]
    answer = post(EVENTS, compress(ONE), key, **{"Content-Encoding": encoding})
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "none"])
@pytest.mark.parametrize("path", INGEST_PATHS)
def test_an_unknown_encoding_is_a_415(key: str, path: str, encoding: str) -> None:
    answer = post(path, EMPTY[path], key, **{"Content-Encoding": encoding})
    assert answer.status_code == 415
    assert "gzip" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(ONE, mtime=0)[:-9]),
        ("gzip", gzip.compress(ONE, mtime=0)[:5]),
        ("gzip", gzip.compress(ONE, mtime=0) + b"and more"),
        ("gzip", ONE),
        ("gzip", gzip.compress(ONE, mtime=0)[:-8] + b"\0" * 8),
        ("deflate", zlib.compress(ONE)[:-5]),
        ("deflate", deflated(ONE)[:-2]),
        ("deflate", ONE),
        ("deflate", zlib.compress(ONE) + b"\0\0\0"),
    ],
)
def test_a_broken_compressed_body_is_a_400_with_the_reason(key: str, encoding: str, body: bytes) -> None:
    answer = post(EVENTS, body, key, **{"Content-Encoding": encoding})
    assert answer.status_code == 400
    assert "compressed" in answer.json()["detail"]


@pytest.mark.parametrize("path", INGEST_PATHS)
@pytest.mark.parametrize("encoding", ["identity", "gzip", "deflate"])
def test_an_empty_body_is_told_apart_from_nothing_to_store(key: str, path: str, encoding: str) -> None:
    """OTLP in JSON and the own wire demand a document; an empty protobuf message is one without items."""
    answer = post(path, b"", key, **{"Content-Encoding": encoding})
    assert answer.status_code == 400
    assert answer.json()["detail"]
    if path != EVENTS:
        assert post(path, b"", key, "application/x-protobuf").status_code == 200


@pytest.mark.parametrize("path", INGEST_PATHS)
def test_more_than_the_limit_is_a_413_before_and_after_decoding(key: str, path: str, settings: Settings) -> None:
    settings.INGEST_MAX_BODY_BYTES = 5_000
    white = EMPTY[path].ljust(5_000)
    assert post(path, white, key).status_code == 200
    assert post(path, gzip.compress(white, mtime=0), key, **{"Content-Encoding": "gzip"}).status_code == 200
    for body, encoding in (
        (white + b" ", "identity"),
        (gzip.compress(white + b" ", mtime=0), "gzip"),
        (gzip.compress(white, mtime=0) + gzip.compress(b" "), "gzip"),
        (zlib.compress(white + b" "), "deflate"),
        (deflated(white + b" "), "deflate"),
    ):
        answer = post(path, body, key, **{"Content-Encoding": encoding})
        assert answer.status_code == 413
        assert "5,000 bytes" in answer.json()["detail"]


@pytest.mark.parametrize(
    "bomb",
    [
        gzip.compress(bytes(200_000_000), 9, mtime=0),
        gzip.compress(bytes(3_000_000), 9, mtime=0) * 80,
        gzip.compress(b"", mtime=0) * 200_000,
    ],
    ids=["one member", "many members", "members of nothing"],
)
def test_a_bomb_is_stopped_while_it_is_decoded(key: str, bomb: bytes) -> None:
    post(EVENTS, b"[]", key)
    tracemalloc.start()
    started = time.process_time()
    try:
        answer = post(EVENTS, bomb, key, **{"Content-Encoding": "gzip"})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.status_code == 413
    assert peak < 60_000_000
    assert time.process_time() - started < 2


# --- through the web server ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


def send(server: Server, key: str, body: Any, **headers: str) -> tuple[int, Any]:
    told = {"Authorization": f"Bearer {key}", "Content-Type": JSON, **headers}
    status, _, answer = server.request("POST", EVENTS, body, **told)
    return status, json.loads(answer)


def head(key: str, *more: str) -> bytes:
    lines = [f"POST {EVENTS} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {key}", f"Content-Type: {JSON}"]
    return "\r\n".join([*lines, *more, "", ""]).encode()


@pytest.mark.django_db(transaction=True)
def test_a_body_in_chunks_is_read_to_its_end(server: Server, key: str) -> None:
    """Node's exporters send it so when they compress."""
    chunks = [ONE[start : start + 50] for start in range(0, len(ONE), 50)]
    assert send(server, key, iter(chunks))[1]["accepted"] == 1
    packed = gzip.compress(json.dumps([event("e2")]).encode())
    status, told = send(server, key, iter([packed[:20], packed[20:]]), Content_Encoding="gzip")
    assert (status, told["accepted"]) == (200, 1)
    assert send(server, key, iter([]))[0] == 400


@pytest.mark.django_db(transaction=True)
def test_chunks_without_end_are_a_413(server: Server, key: str) -> None:
    status, told = send(server, key, iter([b" " * 1_000_000] * 17))
    assert status == 413
    assert "16,777,216" in told["detail"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "request_tail",
    [
        ("Content-Length: 999",),
        ("Content-Length: twelve",),
        ("Content-Length: -5",),
        ("Content-Length: 2", "Content-Length: 999"),
        ("Transfer-Encoding: chunked",),
        ("Transfer-Encoding: chunked", "Content-Length: 5"),
    ],
)
def test_a_body_that_is_not_as_long_as_it_says_stores_nothing_and_breaks_nothing(
    server: Server, key: str, request_tail: tuple[str, ...]
) -> None:
    answer = server.raw(head(key, *request_tail) + ONE, is_cut_off=True)
    assert b" 200 " not in answer[:20]
    assert b" 500 " not in answer[:20]
    assert server.is_up()
    status, told = send(server, key, ONE)
    assert (status, told["accepted"]) == (200, 1)


@pytest.mark.django_db(transaction=True)
def test_a_large_body_is_a_413_and_leaves_the_server_small(server: Server, key: str) -> None:
    send(server, key, ONE)
    before = _largest_resident_mb(server)
    for _ in range(3):
        assert send(server, key, gzip.compress(bytes(200_000_000), 1, mtime=0), Content_Encoding="gzip")[0] == 413
    assert _largest_resident_mb(server) - before < 80


def _largest_resident_mb(server: Server) -> int:
    [worker] = server.workers()
    lines = Path(f"/proc/{worker}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))
