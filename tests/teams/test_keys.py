import pytest

from teams.keys import Scope, digest_of, looks_like_key, new_secret, new_token, shown_prefix
from teams.models import KeyKind, Role
from teams.permissions import PERMISSIONS, Permission


def test_a_secret_says_what_it_is_for() -> None:
    ingest, token = new_secret(KeyKind.INGEST), new_secret(KeyKind.API)
    assert (ingest[:4], token[:4]) == ("cci_", "cca_")
    assert looks_like_key(ingest)
    assert looks_like_key(token)
    assert ingest.removeprefix("cci_").isalnum()
    assert ingest.startswith(shown_prefix(ingest))
    assert len(shown_prefix(ingest)) == 8


def test_no_two_tokens_are_alike() -> None:
    assert len({new_token() for _ in range(1000)}) == 1000


def test_the_digest_is_of_the_whole_secret() -> None:
    secret = new_secret(KeyKind.INGEST)
    assert len(digest_of(secret)) == 32
    assert digest_of(secret) != digest_of(secret[:-1])


@pytest.mark.parametrize(
    "text", ["", "cci_", "cci_" + "x" * 42, "cci_" + "x" * 44, "ccx_" + "x" * 43, "cci_" + "é" * 43]
)
def test_what_is_no_key_is_seen_without_a_look_up(text: str) -> None:
    assert not looks_like_key(text)
    assert not looks_like_key("cci_" + "x" * 43 + "\n")


def test_every_scope_has_words_and_a_permission_that_its_maker_must_have() -> None:
    for scope in Scope:
        assert scope.label
        assert scope.needs in Permission
    # Usage is billing data: a developer's token must not read what no page shows them.
    assert Scope.USAGE.needs not in PERMISSIONS[Role.LEAD]
