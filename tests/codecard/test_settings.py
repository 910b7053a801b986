"""Settings are read once in a process, so each case is a process."""

import os
import subprocess
import sys

import pytest

STRONG = "kW8v-2nQ_xZr7LpTfYdB3mHsJc9GuE5aVo1RiXtK6wNqPyDzFh"
GOOD = {"SECRET_KEY": STRONG, "ALLOWED_HOSTS": "code-card.example.com", "BASE_URL": "https://code-card.example.com"}


def _start(changes: dict[str, str], program: str = "import codecard.settings") -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ}
    environment = {name: value for name, value in {**kept, **GOOD, **changes}.items() if value}
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)


def test_good_production_settings_start() -> None:
    assert _start({}).returncode == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SECRET_KEY": ""}, ["SECRET_KEY is missing", "Set it to 50 or more random characters", "openssl rand"]),
        ({"SECRET_KEY": STRONG[:49]}, ["SECRET_KEY is weak", "openssl rand"]),
        ({"SECRET_KEY": "ab" * 40}, ["SECRET_KEY is weak"]),
        ({"SECRET_KEY": "django-insecure-" + STRONG}, ["SECRET_KEY is weak"]),
        ({"SECRET_KEY": "changeme" + STRONG}, ["SECRET_KEY is weak"]),
        ({"DEBUG": "1"}, ["DEBUG is on", "Unset it"]),
        ({"DEBUG": "True"}, ["DEBUG is on"]),
        ({"ALLOWED_HOSTS": ""}, ["ALLOWED_HOSTS must name", "ALLOWED_HOSTS=code-card.example.com"]),
        ({"ALLOWED_HOSTS": "*"}, ["ALLOWED_HOSTS must name"]),
        ({"SECRET_KEY": "", "DEBUG": "1", "ALLOWED_HOSTS": ""}, ["SECRET_KEY", "DEBUG", "ALLOWED_HOSTS"]),
        ({"INGEST_MAX_BODY_BYTES": "16MB"}, ["INGEST_MAX_BODY_BYTES must be a whole number"]),
        ({"SECRET_KEY_FALLBACKS": f"{STRONG},short"}, ["SECRET_KEY_FALLBACKS holds a weak key"]),
        ({"SIGN_UP": "everybody"}, ["SIGN_UP must be open, invited, domains or github, not 'everybody'"]),
        ({"SIGN_UP": "domains"}, ["SIGN_UP=domains needs SIGN_UP_EMAIL_DOMAINS"]),
        ({"SIGN_UP": "domains", "SIGN_UP_EMAIL_DOMAINS": "@acme.example"}, ["must hold domains", "'@acme.example'"]),
        ({"SIGN_UP": "domains", "SIGN_UP_EMAIL_DOMAINS": "*"}, ["must hold domains such as example.com"]),
        ({"SIGN_UP_EMAIL_DOMAINS": "acme.example"}, ["SIGN_UP=open does not look at it", "Set SIGN_UP=domains"]),
        ({"SIGN_UP": "github"}, ["needs SIGN_UP_GITHUB_ORGANIZATIONS", "needs GITHUB_CLIENT_ID"]),
        ({"SIGN_UP_GITHUB_ORGANIZATIONS": "acme"}, ["Set SIGN_UP=github or unset it"]),
        ({"GITHUB_CLIENT_ID": "abc"}, ["GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET belong together"]),
        ({"GITHUB_URL": "http://github.example.com"}, ["GITHUB_URL must be the address"]),
        ({"GITHUB_URL": "github.example.com"}, ["GITHUB_URL must be the address"]),
        ({"GITHUB_URL": "https://github.example.com/api/v3"}, ["GITHUB_URL must be the address"]),
        ({"GITHUB_API_URL": "http://github.example.com/api/v3"}, ["GITHUB_API_URL must be the address"]),
        ({"GITHUB_API_URL": "https://token@github.example.com"}, ["GITHUB_API_URL must be the address"]),
    ],
)
def test_unsafe_settings_refuse_to_start_and_say_what_to_set(changes: dict[str, str], words: list[str]) -> None:
    done = _start(changes)
    assert done.returncode != 0
    assert all(word in done.stderr for word in words), done.stderr
    assert STRONG not in done.stderr


def test_production_is_https_with_safe_cookies() -> None:
    program = """
from codecard import settings as s
assert s.SESSION_COOKIE_SECURE and s.CSRF_COOKIE_SECURE and s.CSRF_COOKIE_HTTPONLY
assert s.SESSION_COOKIE_SAMESITE == s.CSRF_COOKIE_SAMESITE == "Lax"
assert s.SECURE_SSL_REDIRECT and s.SECURE_HSTS_SECONDS >= 31_536_000
assert not s.DEBUG and not s.IS_LOCAL
"""
    done = _start({}, program)
    assert done.returncode == 0, done.stderr


def test_a_github_of_ones_own_is_where_people_are_sent_and_its_accounts_are_kept_apart() -> None:
    program = """
from codecard import settings as s
assert s.CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] == ["'self'", "https://github.example.com"]
(app,) = s.SOCIALACCOUNT_PROVIDERS["github"]["APPS"]
assert app["provider_id"] == "github.example.com"
assert s.GITHUB_API_URL == "https://github.example.com/api/v3"
"""
    given = {"GITHUB_URL": "https://github.example.com/", "GITHUB_CLIENT_ID": "id", "GITHUB_CLIENT_SECRET": "of it"}
    done = _start(given, program)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "given",
    [
        {"SIGN_UP": "invited"},
        {"SIGN_UP": "Domains", "SIGN_UP_EMAIL_DOMAINS": "acme.example, mail.acme.example"},
        {
            "SIGN_UP": "github", "SIGN_UP_GITHUB_ORGANIZATIONS": "acme",
            "GITHUB_CLIENT_ID": "id", "GITHUB_CLIENT_SECRET": "of it",
        },
    ],
)  # fmt: skip
def test_each_policy_starts_with_what_it_needs(given: dict[str, str]) -> None:
    done = _start(given)
    assert done.returncode == 0, done.stderr
