"""Who may make an account here: open to all, invited people, domains of mail, or members of GitHub organizations.

Under every policy whoever has an account signs in, and an invitation that can be used admits.
"""

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from teams.invitations import kept_invitation

OPEN, INVITED, DOMAINS, GITHUB = "open", "invited", "domains", "github"


class SignUpRefusedError(Exception):
    """No account for this visitor; the message says why and what to do, in words for them."""


def is_invited(request: HttpRequest, proven: Iterable[str] | None = None) -> bool:
    """Whether the invitation that the visitor opened can be used; if it names an address, by somebody with that one.

    `proven`: the visitor's addresses. None, while nobody knows them, asks only whether the invitation is alive.
    """
    invitation = kept_invitation(request)
    if invitation is None or not invitation.is_open(timezone.now()):
        return False
    return not invitation.email or proven is None or invitation.email.lower() in {one.lower() for one in proven}


def demand_mail_sign_up(request: HttpRequest) -> None:
    """Whether the page for signing up by e-mail opens at all.

    :raises SignUpRefusedError: with what to do instead.
    """
    if settings.SIGN_UP in {OPEN, DOMAINS} or is_invited(request):
        return
    if settings.SIGN_UP == GITHUB:
        raise SignUpRefusedError(
            f"New accounts here are for members of {_in_words(settings.SIGN_UP_GITHUB_ORGANIZATIONS)} on GitHub. "
            "Go back and continue with GitHub."
        )
    raise SignUpRefusedError(_BY_INVITATION)


def demand_address(request: HttpRequest, email: str) -> None:
    """An address that will be confirmed before anything opens.

    :raises SignUpRefusedError: when it can't be signed up with, whether somebody has it or not.
    """
    if settings.SIGN_UP == OPEN or is_invited(request, [email]):
        return
    if settings.SIGN_UP == DOMAINS:
        if is_of_domains(email):
            return
        raise SignUpRefusedError(f"New accounts here need an e-mail address at {_in_words(_domains())}.")
    demand_mail_sign_up(request)
    raise SignUpRefusedError("Your invitation is for another e-mail address. Use the one that it was sent to.")


def demand_verified(request: HttpRequest, verified: Iterable[str]) -> None:
    """Of somebody from GitHub, whose addresses it has verified. Policy `github` is asked by the caller.

    :raises SignUpRefusedError: none of them may.
    """
    addresses = list(verified)
    if settings.SIGN_UP in {OPEN, GITHUB} or is_invited(request, addresses):
        return
    if settings.SIGN_UP == DOMAINS:
        if any(map(is_of_domains, addresses)):
            return
        raise SignUpRefusedError(
            f"GitHub knows no confirmed address of yours at {_in_words(_domains())}. Sign up by e-mail with such an "
            "address, then connect GitHub."
        )
    if is_invited(request):
        raise SignUpRefusedError(
            "Your invitation is for an e-mail address that GitHub has not confirmed as yours. Sign up by e-mail with "
            "the address that it was sent to, then connect GitHub."
        )
    raise SignUpRefusedError(_BY_INVITATION)


def demand_organization(organizations: set[str]) -> None:
    """`organizations`: logins in lower case, as GitHub has them.

    :raises SignUpRefusedError: none of them is one of ours.
    """
    if not organizations & {name.lower() for name in settings.SIGN_UP_GITHUB_ORGANIZATIONS}:
        raise SignUpRefusedError(
            f"GitHub says that you are not a member of {_in_words(settings.SIGN_UP_GITHUB_ORGANIZATIONS)}, or the "
            "organization has not approved Code Card yet. Ask one of its owners, or for an invitation."
        )


def is_of_domains(email: str) -> bool:
    """The part behind the last @ is one of the domains; what lies below a domain is another one."""
    return email.rpartition("@")[2].lower() in _domains()


def _domains() -> list[str]:
    return [domain.lower() for domain in settings.SIGN_UP_EMAIL_DOMAINS]


def _in_words(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


_BY_INVITATION = "This instance takes people by invitation. Ask an admin of your organization for one."
