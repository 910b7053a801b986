"""What operators write into the environment, in all the forms they write it."""

import string
from urllib.parse import quote

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from codecard.lib.environment import broker_url, database, demand_production_settings, flag, is_weak, listed, number

STRONG = "kW8v-2nQ_xZr7LpTfYdB3mHsJc9GuE5aVo1RiXtK6wNqPyDzFh"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("true", True), ("True", True), (" YES ", True), ("on", True),
     ("0", False), ("false", False), ("no", False), ("off", False), ("2", False), ("maybe", False)],
)  # fmt: skip
def test_a_flag_is_on_only_by_a_word_that_says_so(value: str, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_FLAG", value)
    assert flag("A_FLAG") is flag("A_FLAG", default=True) is expected


@pytest.mark.parametrize("value", [None, "", "  "])
def test_what_is_not_set_has_its_default(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if value is None:
        monkeypatch.delenv("A_NAME", raising=False)
    else:
        monkeypatch.setenv("A_NAME", value)
    assert (flag("A_NAME"), flag("A_NAME", default=True), number("A_NAME", 7)) == (False, True, 7)
    assert listed("A_NAME") == []


def test_a_list_is_separated_by_commas_and_has_no_empty_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_LIST", " a.example , ,b.example,")
    assert listed("A_LIST", "other") == ["a.example", "b.example"]
    monkeypatch.delenv("A_LIST")
    assert listed("A_LIST", "x,y") == ["x", "y"]


@pytest.mark.parametrize(("value", "expected"), [("12", 12), (" -3 ", -3), ("0", 0), ("1_000", 1000)])
def test_a_number_is_whole(value: str, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_NUMBER", value)
    assert number("A_NUMBER", 7) == expected


@pytest.mark.parametrize("value", ["16MB", "1.5", "ten", "0x10", "1e3"])
def test_a_number_that_is_none_says_which_setting_is_wrong(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_NUMBER", value)
    with pytest.raises(ImproperlyConfigured, match=f"A_NUMBER must be a whole number, not '{value}'"):
        number("A_NUMBER", 7)


# --- keys ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    ["", "x", STRONG[:49], "a" * 100, "ab" * 50, "123456789" * 10, f"django-insecure-{STRONG}", f"CHANGE-ME{STRONG}",
     f"{STRONG}Changeme", f"{STRONG}-password", f"my-Secret-{STRONG}", f"{STRONG}example"],
)  # fmt: skip
def test_a_key_that_could_be_guessed_or_was_never_changed_is_weak(key: str) -> None:
    assert is_weak(key)


@given(st.integers(2, 40).flatmap(lambda size: st.binary(min_size=40 + size, max_size=40 + size)))
def test_a_key_as_long_as_ours_of_random_bytes_is_not_weak(key: bytes) -> None:
    text = key.hex()
    assert is_weak(text) == (len(set(text)) < 10)


def test_a_strong_key_is_strong() -> None:
    assert not is_weak(STRONG)
    assert not is_weak(string.ascii_letters)


def demand(
    *, secret_key: str = STRONG, debug: bool = False, hosts: tuple[str, ...] = ("a.example",), is_local: bool
) -> str:
    """The faults that were found, or an empty text."""
    try:
        demand_production_settings(secret_key=secret_key, debug=debug, allowed_hosts=list(hosts), is_local=is_local)
    except ImproperlyConfigured as error:
        return str(error)
    return ""


def test_every_fault_is_named_at_once_with_what_to_set_and_never_the_key() -> None:
    weak = "weak-but-still-nobodys-business"
    said = demand(secret_key=weak, debug=True, hosts=(), is_local=False)
    assert said.splitlines()[0] == "Code Card can't start with these settings:"
    assert [line[:4] for line in said.splitlines()[1:]] == ["  - "] * 3
    assert all(name in said for name in ("SECRET_KEY is weak", "DEBUG is on", "ALLOWED_HOSTS must name"))
    assert weak not in said


def test_good_settings_are_no_fault() -> None:
    assert demand(is_local=False) == demand(is_local=True) == ""


def test_on_ones_own_machine_less_is_demanded_but_never_nothing() -> None:
    assert demand(secret_key="weak", debug=True, hosts=("*",), is_local=True) == ""
    assert "SECRET_KEY is missing" in demand(secret_key="", is_local=True)
    assert "ALLOWED_HOSTS" in demand(hosts=(), is_local=True)


def test_all_hosts_is_no_answer_in_production() -> None:
    assert "ALLOWED_HOSTS" in demand(hosts=("a.example", "*"), is_local=False)


# --- addresses -----------------------------------------------------------------------------------------------------


def address(url: str) -> tuple[object, ...]:
    found = database(url, role="codecard_app")
    return tuple(found[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://ann:pw@db.example:5433/cards", ("ann", "pw", "db.example", "5433", "cards")),
        ("postgres://ann@db.example/cards", ("ann", "", "db.example", "", "cards")),
        ("postgresql://db.example", ("", "", "db.example", "", "codecard")),
        ("postgresql://a%40b:p%2Fw%3A%23@db.example/cards", ("a@b", "p/w:#", "db.example", "", "cards")),
        ("postgresql://ann:pw@[::1]:5432/cards", ("ann", "pw", "::1", "5432", "cards")),
        ("postgresql:///cards?host=/run/postgresql&user=ann", ("ann", "", "/run/postgresql", "", "cards")),
        (
            "postgresql:///cards?host=/run/my%20sockets&user=a%40b&port=5433",
            ("a@b", "", "/run/my sockets", "5433", "cards"),
        ),
        ("postgresql://ann@%2Frun%2Fpostgresql/cards", ("ann", "", "/run/postgresql", "", "cards")),
        ("", ("", "", "", "", "codecard")),
    ],
)
def test_an_address_may_be_written_in_every_form_of_libpq(url: str, expected: tuple[str, ...]) -> None:
    assert address(url) == expected


@given(st.text(string.printable, min_size=1, max_size=20), st.text(string.printable, min_size=1, max_size=20))
def test_any_password_survives_its_encoding(user: str, password: str) -> None:
    quoted = [quote(value, safe="") for value in (user, password)]
    assert address("postgresql://{}:{}@db.example/cards".format(*quoted))[:3] == (user, password, "db.example")


def test_options_of_the_address_reach_the_driver() -> None:
    options = database("postgresql://db/cards?sslmode=verify-full&sslrootcert=/ca.pem&connect_timeout=3", role="r")[
        "OPTIONS"
    ]
    assert (options["sslmode"], options["sslrootcert"], options["connect_timeout"]) == ("verify-full", "/ca.pem", "3")
    assert not {"host", "user", "port"} & options.keys()


def test_a_session_takes_its_role_and_gives_up_on_locks() -> None:
    options = database("postgresql://ann@db/cards?host=/x", role="codecard_operator")["OPTIONS"]
    assert options["options"].startswith("-c role=codecard_operator ")
    assert "lock_timeout" in options["options"]
    assert options["connect_timeout"] == 5


def test_an_address_can_not_take_the_role_away() -> None:
    options = database("postgresql://db/cards?options=-c%20role%3Dpostgres", role="codecard_app")["OPTIONS"]
    assert "codecard_app" in options["options"]
    assert "postgres" not in options["options"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://:pw@cache.example:6380/2", "redis://:pw@cache.example:6380/2"),
        ("rediss://cache.example/0?ssl_cert_reqs=required", "rediss://cache.example/0?ssl_cert_reqs=required"),
        ("unix:///run/valkey.sock?db=3", "redis+socket:///run/valkey.sock?virtual_host=3"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock?virtual_host=0"),
        ("", ""),
    ],
)
def test_celery_has_its_own_way_to_write_a_socket(url: str, expected: str) -> None:
    assert broker_url(url) == expected
