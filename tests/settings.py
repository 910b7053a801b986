"""The product's settings, reading an environment that points at the tests' servers."""

from tests._services import point_environment_at_services

point_environment_at_services()

from django.contrib.auth.hashers import Argon2PasswordHasher  # noqa: E402

from codecard.settings import *  # noqa: E402, F403

# The same algorithm with next to no work: a hundred megabytes for each password are for those who guess.
Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.parallelism = 1, 8, 1
