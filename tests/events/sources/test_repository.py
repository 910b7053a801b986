import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.sources._repository import normalise, repository


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/Acme/Demo",
        "https://github.com/acme/demo.git",
        "https://github.com/acme/demo/",
        "https://user:secret@github.com/acme/demo.git",
        "https://github.com:443/acme/demo?x=1#y",
        "HTTPS://GitHub.com/acme/demo",
        "ssh://git@github.com/acme/demo.git",
        "ssh://git@github.com:22/acme/demo",
        "git@github.com:acme/demo.git",
        "github.com:acme/demo",
        "git://github.com/acme/demo.git",
        "  https://github.com/acme/demo\n",
    ],
)
def test_all_spellings_of_a_repository_are_one(url: str) -> None:
    assert normalise(url) == "github.com/acme/demo"


def test_what_tells_repositories_apart_is_kept() -> None:
    assert normalise("https://gitlab.example.com:8443/a/b/c.git") == "gitlab.example.com:8443/a/b/c"
    assert normalise("ssh://git@git.example.com:2222/a/b") == "git.example.com:2222/a/b"


@pytest.mark.parametrize(
    "url",
    [
        "", "demo", "/home/user/demo", "C:/work/demo", "C:\\work\\demo", "file:///home/user/demo", "../demo",
        "https://github.com",
        "https://github.com/acme", "https://github.com/acme/../demo", "https://github.com/a b/c",
        "https://[bad/acme/demo",
        "https://github.com:99999/acme/demo", "https://github.com/acme/de\x00mo", "https://gith\u00fcb.com/a/b",
        "x" * 5000,
        "https://github.com/acme/" + "x" * 300, "javascript://github.com/acme/demo",
    ],
)  # fmt: skip
def test_anything_odd_is_no_repository(url: str) -> None:
    assert normalise(url) is None


def test_a_repository_is_named_by_its_url_or_its_parts() -> None:
    parts = {"vcs.owner.name": "Acme", "vcs.repository.name": "demo", "vcs.provider.name": "github"}
    assert repository(parts) == "github.com/acme/demo"
    assert repository(parts | {"vcs.repository.url.full": "git@example.com:a/b"}) == "example.com/a/b"
    assert repository(parts | {"vcs.repository.url.full": "/srv/git/demo"}) == "github.com/acme/demo"
    assert repository(parts | {"vcs.provider.name": "gitea"}) is None
    assert repository(parts | {"vcs.owner.name": 5}) is None
    assert repository({}) is None


@given(st.text(max_size=300))
def test_any_text_is_judged(url: str) -> None:
    name = normalise(url)
    assert name is None or (name == name.lower() and len(name) <= 200 and normalise(f"https://{name}") == name)
