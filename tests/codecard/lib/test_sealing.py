import pytest
from pytest_django import Settings

from codecard.lib.sealing import SealBrokenError, seal, unseal

OLD, NEW = "old-" + "k" * 50, "new-" + "q" * 50


def test_what_is_sealed_is_read_again_and_not_seen() -> None:
    sealed = seal("JBSWY3DPEHPK3PXP")
    assert "JBSWY3DP" not in sealed
    assert sealed.isascii()
    assert unseal(sealed) == b"JBSWY3DPEHPK3PXP"
    assert unseal(seal(b"\x00\xff")) == b"\x00\xff"


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    assert seal("x") != seal("x")


def test_a_former_key_opens_what_it_sealed_and_the_new_one_seals(settings: Settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    old = seal("secret")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert unseal(old) == b"secret"
    again = seal(unseal(old))
    settings.SECRET_KEY_FALLBACKS = []
    assert unseal(again) == b"secret"
    with pytest.raises(SealBrokenError, match="SECRET_KEY_FALLBACKS"):
        unseal(old)


@pytest.mark.parametrize("broken", ["", "x", "gAAAAA", "\x00", "é"])
def test_what_is_not_sealed_is_not_believed(broken: str) -> None:
    with pytest.raises(SealBrokenError):
        unseal(broken)


def test_a_changed_seal_is_not_believed() -> None:
    sealed = seal("secret")
    with pytest.raises(SealBrokenError):
        unseal(sealed[:-4] + "AAA=")
