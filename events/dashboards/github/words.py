"""Every state of a connection and of a repository, in words, with what to do about it. docs/pull-requests.md, "When
something is wrong", is the same table."""

from typing import Final, NamedTuple

from events.models import ConnectionState, RepositoryState


class Advice(NamedTuple):
    """`kind`: of the status' look."""

    kind: str
    word: str
    to_do: str


OF_CONNECTION: Final[dict[str, Advice]] = {
    ConnectionState.WAITING: Advice(
        "na", "Waiting for the first delivery",
        "GitHub sends a ping as soon as the webhook is saved there. If none comes, compare address and secret, and look"
        " at “Recent deliveries” of the webhook on GitHub.",
    ),
    ConnectionState.ACTIVE: Advice("ok", "Connected", ""),
    ConnectionState.SUSPENDED: Advice(
        "warn", "Suspended on GitHub",
        "Somebody suspended the installation. Unsuspend it on GitHub, under Settings, Applications; what happened"
        " meanwhile is asked for then.",
    ),
    ConnectionState.REMOVED: Advice(
        "bad", "Removed on GitHub",
        "The App was uninstalled. Install it again, or disconnect here. What is known stays until you erase it.",
    ),
    ConnectionState.REFUSED: Advice(
        "bad", "Token refused",
        "The token was revoked or has expired. Enter a new one; deliveries come in as before.",
    ),
    ConnectionState.FORBIDDEN: Advice(
        "bad", "Not allowed",
        "The token, or the App, may not read something. It needs to read contents, pull requests, issues and checks.",
    ),
    ConnectionState.UNREACHABLE: Advice(
        "warn", "GitHub can't be reached",
        "It is tried again by itself. If it lasts, look at your network and at githubstatus.com.",
    ),
}  # fmt: skip
OF_REPOSITORY: Final[dict[str, Advice]] = {
    RepositoryState.WAITING: Advice("na", "Waiting", "Nothing has come of it yet."),
    RepositoryState.OK: Advice("ok", "Up to date", ""),
    RepositoryState.VANISHED: Advice(
        "bad", "Not found on GitHub",
        "It was deleted, or the token may not see it any more. What is known stays; stop following it, or give access.",
    ),
    RepositoryState.FORBIDDEN: Advice(
        "bad", "Not allowed",
        "Give the App or the token access to it on GitHub. It goes on by itself then.",
    ),
    RepositoryState.FAILED: Advice("bad", "Failed", "It is tried again by itself every hour."),
}  # fmt: skip
NOT_FOLLOWED: Final = Advice("na", "Not followed", "")
