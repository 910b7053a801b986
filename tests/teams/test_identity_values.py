import pytest
from hypothesis import given
from hypothesis import strategies as st

from teams.identity_values import display_name, normalise, tool_user
from teams.models import IdentityKind
from teams.models.contributor import LONGEST_IDENTITY


@pytest.mark.parametrize(
    ("kind", "given_value", "kept"),
    [
        (IdentityKind.EMAIL, " Ada@Example.COM ", "ada@example.com"),
        (IdentityKind.EMAIL, "unknown", ""),
        (IdentityKind.EMAIL, "@example.com", ""),
        (IdentityKind.EMAIL, "ada @example.com", ""),
        (IdentityKind.EMAIL, None, ""),
        (IdentityKind.GITHUB, "AdaL", "adal"),
        (IdentityKind.GITHUB, "ada\x00l", "adal"),
        (IdentityKind.GITHUB, "\ud800", ""),
        (IdentityKind.TOOL_USER, "  ", ""),
    ],
)
def test_values_are_compared_without_case_and_edges(kind: IdentityKind, given_value: str | None, kept: str) -> None:
    assert normalise(kind, given_value) == kept


def test_two_values_that_are_too_long_stay_two() -> None:
    first, second = (normalise(IdentityKind.GITHUB, "a" * 400 + end) for end in "xy")
    assert first != second
    assert len(first) <= LONGEST_IDENTITY


def test_a_tool_s_user_id_is_its_own() -> None:
    assert tool_user("claude-code", "U1") == "claude-code:u1"
    assert tool_user("codex", "U1") != tool_user("claude-code", "U1")
    assert tool_user("codex", "") == tool_user("codex", None) == tool_user("codex", "\x00") == ""


@given(st.sampled_from(IdentityKind), st.text(max_size=500))
def test_what_is_kept_can_be_stored_and_stays_the_same(kind: IdentityKind, value: str) -> None:
    kept = normalise(kind, value)
    assert kept.encode().decode() == kept
    assert "\x00" not in kept
    assert len(kept) <= LONGEST_IDENTITY
    assert normalise(kind, kept) == kept
    assert len(display_name(kind, kept)) <= 200
