"""Working off what is left to do: claim, commit, handle, done; for some seconds, then it is another's turn."""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from django.db import InterfaceError, OperationalError

from codecard.lib.logs import places
from codecard.lib.tenant import tenant
from events.pulls import chores
from events.pulls.chores import ChoreKind, Claim

logger = logging.getLogger(__name__)


ENDED_ITS_WORKER = "Whatever worked on it was ended each time, by its time or its memory."


class Handler(Protocol):
    """Opens the tenant itself, locks its own row first, is safe to run twice, and leaves chores for what follows."""

    def __call__(self, organization_id: int, key: int, *, now: datetime) -> None: ...


class PutOffError(Exception):
    """It can't be done before `until`, and that is nobody's fault: no attempt is counted."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


def work(
    organization_id: int,
    handlers: Mapping[ChoreKind, Handler],
    *,
    clock: Callable[[], datetime],
    seconds: float,
) -> bool:
    """Whether there is more. In the order of `handlers`, so that what others rest on comes first.

    A handler that raises costs its own chore an attempt, and nobody else anything.
    :raises OperationalError, InterfaceError: the database is gone; the lease ends by itself.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with tenant(organization_id):
            claim = chores.claim(organization_id, handlers, now=clock())
        if claim is None:
            return False
        _handle(organization_id, claim, handlers[claim.kind], clock)
    return True


def _handle(organization_id: int, claim: Claim, handler: Handler, clock: Callable[[], datetime]) -> None:
    if claim.attempts > chores.MOST_ATTEMPTS:
        with tenant(organization_id):
            chores.failed(organization_id, claim, ENDED_ITS_WORKER, now=clock())
        return
    try:
        handler(organization_id, claim.key, now=clock())
    except (OperationalError, InterfaceError):
        raise
    except PutOffError as error:
        with tenant(organization_id):
            chores.put_off(organization_id, claim, until=error.until)
    except Exception as error:
        # Its name and its place only: a message may quote what was read.
        told = {"kind": claim.kind, "key": claim.key, "error": type(error).__name__, "at": places(error)}
        logger.error("chore failed", extra={"fields": told})
        with tenant(organization_id):
            chores.failed(organization_id, claim, type(error).__name__, now=clock())
    else:
        with tenant(organization_id):
            chores.done(organization_id, claim)
