"""Keyed hashes of subjects, which are not kept: equal ones are equal within one organization, and nowhere else."""

from functools import lru_cache

from django.utils.crypto import salted_hmac

from events.pulls import reverts


def subject_hash(organization_id: int, text: str) -> str:
    """Of a commit's subject or a title: they are compared with each other. Empty for nothing."""
    line = text.lstrip()
    return reverts.key_of(line, subject_key(organization_id)).hex() if reverts.subject_of(line) else ""


@lru_cache(maxsize=1024)
def subject_key(organization_id: int) -> bytes:
    return salted_hmac("codecard.pulls.subject", str(organization_id), algorithm="sha256").digest()
