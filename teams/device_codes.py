"""The two codes of a machine that asks for keys: a long one that it keeps, and a short one that a person compares."""

import secrets

from teams.keys import digest_of

# Consonants without vowels, so that no words come out, and nothing that looks like something else.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8


def new_user_code() -> str:
    """Eight letters as `WDJB-MJHT`: 20 ** 8 of them, of which somebody may try ten in ten minutes."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def letters_of(typed: str) -> str:
    """What somebody typed, in the one spelling; "" where it can't be a code."""
    letters = "".join(letter for letter in typed[:40] if letter.isalnum())
    # Before capitals are made: some other letters have ours as theirs.
    is_code = letters.isascii() and len(letters) == LENGTH and set(letters.upper()) <= set(ALPHABET)
    return letters.upper() if is_code else ""


def shown(letters: str) -> str:
    return f"{letters[:4]}-{letters[4:]}"


def digest_of_user_code(typed: str) -> bytes:
    return digest_of(f"device:{letters_of(typed)}")
