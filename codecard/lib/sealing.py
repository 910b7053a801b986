"""Secrets that must be read again, sealed while they lie in the database.

The key is derived from SECRET_KEY. Those derived from SECRET_KEY_FALLBACKS still open what they sealed, so that the key
can be changed: what is sealed again is sealed by the new one.
"""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

# Other keys are derived from SECRET_KEY too; this name keeps them apart. Never change it.
_PURPOSE = b"codecard.lib.sealing"


class SealBrokenError(ValueError):
    """Sealed by a key that is gone, or not sealed by us at all."""


def seal(secret: bytes | str) -> str:
    """Printable, different each time."""
    plain = secret.encode() if isinstance(secret, str) else secret
    return _box().encrypt(plain).decode()


def unseal(sealed: str) -> bytes:
    """:raises SealBrokenError: where no key opens it."""
    try:
        return _box().decrypt(sealed)
    except (InvalidToken, ValueError):
        raise SealBrokenError("No key in SECRET_KEY or SECRET_KEY_FALLBACKS opens this.") from None


def _box() -> MultiFernet:
    return _box_of((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _box_of(keys: tuple[str, ...]) -> MultiFernet:
    """Seals by the first key, opens by any."""
    return MultiFernet([Fernet(urlsafe_b64encode(_derived(key))) for key in keys])


def _derived(key: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(key.encode())
