from typing import NoReturn

from django.db import OperationalError, connection
from django.test import Client


def _refuse(*_: object) -> NoReturn:
    raise OperationalError("the database is away")


def test_the_landing_page_needs_no_database(client: Client) -> None:
    """Not even where a session cookie would let it ask who is there."""
    client.cookies["sessionid"] = "x" * 32
    with connection.execute_wrapper(_refuse):
        answer = client.get("/")
    assert answer.status_code == 200
    assert "<h1" in answer.text


def test_the_landing_page_shows_the_way_that_fits(client: Client) -> None:
    assert "/accounts/login/" in client.get("/").text
    client.cookies["sessionid"] = "x" * 32
    assert 'href="/home/"' in client.get("/").text


def test_the_landing_page_follows_the_chosen_theme(client: Client) -> None:
    assert "data-theme" not in client.get("/").text
    client.cookies["theme"] = "dark"
    assert 'data-theme="dark"' in client.get("/").text


def test_the_landing_page_is_read_only(client: Client) -> None:
    assert client.post("/").status_code == 405
