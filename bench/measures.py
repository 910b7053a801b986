"""What leads ask: the team dashboard with its measures, the page of one, and the API, beside 200 organizations.

A tenth is asked first: the cost should follow the team and the period, and not how much others have. Pages are asked
while nothing changes, which is remembered; the dashboard also with one new fact before each request, and with all of
its rows written anew, as after a start.
"""

import gzip
import http.client
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import brotli  # type: ignore[import-untyped]
import psycopg

from bench.dashboards import (
    FORTY,
    LARGEST,
    MILLION,
    TEN_MILLION,
    Page,
    cookie_of,
    environment_of,
    milliseconds,
    pages,
    preload,
)
from bench.figures import Figure
from bench.product import CHECKOUT, Product

PULLS = 200_000
ROUNDS = 8
_STATIC = CHECKOUT / "codecard" / "static"


def _team(slug: str) -> list[Page]:
    team = f"/o/{slug}/t/everyone/"
    return [
        Page(f"team dashboard, {slug}", team, 120, 20),
        Page(f"metric page by task type, {slug}", f"{team}m/acceptance-rate/?by=task", 80, 20),
        Page(f"metric page of pull requests, {slug}", f"{team}m/first-run-pass-rate/?by=repository", 80, 20),
    ]


def run(product: Product) -> list[Figure]:
    early = _measured(product, MILLION, PULLS // 10)
    late = _measured(product, TEN_MILLION, PULLS)
    ratios = [
        Figure(f"{after.name}, of its time at a tenth", [after.value / before.value], at_least=0.75, at_most=1.25)
        for before, after in zip(early, late, strict=True)
        if after.unit == "ms"
    ]
    return [*early, *late, *ratios, *pages(product, LARGEST, _team(LARGEST), _stored(TEN_MILLION)), *_weights(product)]


def _stored(events: int) -> str:
    return f"{events:,} events"


def _measured(product: Product, events: int, pulls: int) -> list[Figure]:
    preload(product, events)
    subprocess.run(
        [sys.executable, "-m", "bench.preload_pulls", str(pulls), "--beside-events"],
        env=environment_of(product), cwd=CHECKOUT, check=True,
    )  # fmt: skip
    shown = [*pages(product, FORTY, _team(FORTY), _stored(events)), _api(product, events)]
    return [*shown, *_changing(product, _stored(events))]


_LIVE = """
    UPDATE events_{0} SET prompts = prompts + 1 WHERE (organization_id, day, contributor_id) = (
        SELECT organization_id, day, contributor_id FROM events_contributor_day
        WHERE organization_id = %s ORDER BY day DESC, contributor_id LIMIT 1)
"""
_ALL = "UPDATE {0} SET organization_id = organization_id WHERE organization_id = %s"
_ROWS = ("events_contributor_day", "events_edit_day", "events_latency")


def _changing(product: Product, stored: str) -> list[Figure]:
    """The team dashboard while its rows change."""
    live = [_LIVE.format(table) for table in ("contributor_day", "detail_day")]
    path, headers = _team(FORTY)[0].path, {"Cookie": cookie_of(product, FORTY)}
    figures = []
    with psycopg.connect(product.database_url, autocommit=True) as database:
        [number] = database.execute("SELECT id FROM teams_organization WHERE slug = %s", [FORTY]).fetchone() or [0]
        for name, statements in (
            ("a new fact before each request", live), ("all read anew", [_ALL.format(table) for table in _ROWS]),
        ):  # fmt: skip
            times = []
            for _ in range(ROUNDS):
                for statement in statements:
                    database.execute(statement, [number])
                database.execute("VACUUM events_contributor_day, events_edit_day, events_latency")
                times.append(next(milliseconds(product, path, headers, warm_up=0)))
            figures.append(Figure(f"team dashboard, {name}, {stored}", times, "ms"))
    return figures


def _api(product: Product, events: int) -> Figure:
    token = product.provision(FORTY).api_token
    today = datetime.now(UTC).date()
    path = f"/api/v1/metrics/acceptance-rate/?from={today - timedelta(28)}&to={today}&team=everyone&by=tool"
    times = list(milliseconds(product, path, {"Authorization": f"Bearer {token}"}))
    return Figure(f"API, one measure by tool, {_stored(events)}", times, "ms", at_most=40)


def _weights(product: Product) -> list[Figure]:
    """Kilobytes as they go over the wire, compressed."""
    connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=60)
    headers = {"Cookie": cookie_of(product, FORTY), "Accept-Encoding": "identity"}
    connection.request("GET", f"/o/{FORTY}/t/everyone/", headers=headers)
    page = _compressed(connection.getresponse().read())
    files = [path for pattern in ("*.css", "*.js") for path in _STATIC.rglob(pattern)]
    loaded = sum(len(brotli.compress(path.read_bytes())) / 1024 for path in files)  # as they are served
    return [
        Figure("HTML of the team dashboard, compressed", [page], "KB", at_most=15),
        Figure("all CSS and script, compressed", [loaded], "KB", at_most=30),
    ]


def _compressed(body: bytes) -> float:
    return len(gzip.compress(body, 9)) / 1024
