"""Lets a command in a second terminal use the services of a running `make run`."""

import os

from codecard.local.account import service_account
from codecard.local.state import find_state


def adopt_running_services() -> bool:
    """Add the running services' addresses and secret to the environment; what is set there already stays."""
    state = find_state(service_account())
    if not state.is_running():
        return False
    for name, value in state.remembered().items():
        os.environ.setdefault(name, value)
    return True
