"""The product's settings, reading an environment that points at the tests' servers."""

from tests._services import point_environment_at_services

point_environment_at_services()

from codecard.settings import *  # noqa: E402, F403
