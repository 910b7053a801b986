import pytest
from django.http import HttpRequest

from codecard.lib.requests import accepted_id, theme_of


@pytest.mark.parametrize("offered", ["0f8fad5b-d9cb-469f-a165-70867728950e", "Root=1-67891233:abc"[5:], "a" * 64])
def test_keeps_the_id_that_a_proxy_gave(offered: str) -> None:
    assert accepted_id(offered) == offered


@pytest.mark.parametrize(
    "offered", ["", "short", "a" * 65, "new\nline-forged", 'quote"quote"', "cafébabe", "x" * 10**6]
)
def test_replaces_an_id_that_could_do_harm(offered: str) -> None:
    accepted = accepted_id(offered)
    assert accepted != offered
    assert len(accepted) == 32


def test_ids_differ() -> None:
    assert accepted_id("") != accepted_id("")


@pytest.mark.parametrize(
    ("cookie", "theme"), [("light", "light"), ("dark", "dark"), ("auto", ""), ("", ""), ('"><script>', "")]
)
def test_the_theme_is_one_of_the_known(cookie: str, theme: str) -> None:
    request = HttpRequest()
    request.COOKIES["theme"] = cookie
    assert theme_of(request) == theme
