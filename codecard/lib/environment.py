"""Reading settings from the environment, and refusing to start on unsafe ones."""

import os
import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_WEAK_WORDS = ("changeme", "change-me", "secret", "insecure", "password", "example")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)


def flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "").strip().lower()
    return default if not value else value in {"1", "true", "yes", "on"}


def listed(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


def number(name: str, default: int) -> int:
    value = os.environ.get(name, "").strip()
    try:
        return int(value) if value else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


def choice(name: str, allowed: tuple[str, ...]) -> str:
    """One of the words, the first by default."""
    value = os.environ.get(name, "").strip().lower() or allowed[0]
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be {', '.join(allowed[:-1])} or {allowed[-1]}, not {value!r}.")
    return value


def demand_sign_up_settings(
    *, policy: str, domains: list[str], organizations: list[str], has_github: bool, has_secret: bool, github_url: str
) -> None:
    """Refuses to start where who may sign up is not what it seems to be.

    :raises ImproperlyConfigured: with every fault at once, and what to set.
    """
    lists = {"domains": ("SIGN_UP_EMAIL_DOMAINS", domains), "github": ("SIGN_UP_GITHUB_ORGANIZATIONS", organizations)}
    faults = []
    for word, (name, items) in lists.items():
        if policy == word and not items:
            faults.append(f"SIGN_UP={word} needs {name}, a list with commas between.")
        elif policy != word and items:
            faults.append(f"{name} is set, but SIGN_UP={policy} does not look at it. Set SIGN_UP={word} or unset it.")
    if wrong := [domain for domain in domains if not _DOMAIN.fullmatch(domain)]:
        faults.append(f"SIGN_UP_EMAIL_DOMAINS must hold domains such as example.com, not {wrong[0]!r}.")
    if policy == "github" and not has_github:
        faults.append("SIGN_UP=github needs GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET.")
    if has_github != has_secret:
        faults.append("GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET belong together: set both or none.")
    if not _is_web_address(github_url):
        faults.append(
            "GITHUB_URL must be the address of a GitHub Enterprise server, such as https://github.example.com."
        )
    if faults:
        raise ImproperlyConfigured(
            "Code Card can't start with these settings:\n" + "\n".join(f"  - {fault}" for fault in faults)
        )


def github_app(client_id: str, secret: str, url: str) -> dict[str, str]:
    """Of allauth. Account 7 of one server is another person than account 7 of the next one: those of a GitHub
    Enterprise server are kept under the name of its host."""
    kind = "" if url == "https://github.com" else urlsplit(url).hostname or ""
    return {"provider_id": kind, "client_id": client_id, "secret": secret}


def github_api_url(given: str, github_url: str) -> str:
    """Where GitHub's REST API is: as `given`, else beside the server of `github_url`.

    :raises ImproperlyConfigured: tokens would travel where others can read them.
    """
    beside = "https://api.github.com" if github_url == "https://github.com" else f"{github_url}/api/v3"
    url = (given or beside).rstrip("/")
    if given and (not _is_safe(url) or urlsplit(url).query):
        raise ImproperlyConfigured(
            "GITHUB_API_URL must be the address of GitHub's API, such as https://github.example.com/api/v3."
        )
    return url


def _is_web_address(url: str) -> bool:
    parts = urlsplit(url)
    return _is_safe(url) and not (parts.path or parts.query)


def _is_safe(url: str) -> bool:
    """Tokens travel there: https, or one's own machine."""
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1"})
    return is_safe and bool(parts.hostname) and not parts.username


def demand_production_settings(
    *, secret_key: str, debug: bool, allowed_hosts: list[str], is_local: bool, former_keys: list[str] | None = None
) -> None:
    """Refuses to start on settings that are unsafe outside one's own machine.

    :raises ImproperlyConfigured: with every fault at once, and what to set.
    """
    faults = []
    if not secret_key:
        faults.append(
            "SECRET_KEY is missing. Set it to 50 or more random characters, such as `openssl rand -base64 48` prints."
        )
    elif not is_local and is_weak(secret_key):
        faults.append(
            "SECRET_KEY is weak. Set it to 50 or more random characters, such as `openssl rand -base64 48` prints."
        )
    if not is_local and any(map(is_weak, former_keys or [])):
        faults.append("SECRET_KEY_FALLBACKS holds a weak key, and what it signed is still believed. Remove it.")
    if debug and not is_local:
        faults.append("DEBUG is on. Unset it: error pages would show settings and data to visitors.")
    if not allowed_hosts or ("*" in allowed_hosts and not is_local):
        faults.append(
            "ALLOWED_HOSTS must name the hosts that people use, for instance ALLOWED_HOSTS=code-card.example.com."
        )
    if faults:
        raise ImproperlyConfigured(
            "Code Card can't start with these settings:\n" + "\n".join(f"  - {fault}" for fault in faults)
        )


def is_weak(secret_key: str) -> bool:
    lowered = secret_key.lower()
    return len(secret_key) < 50 or len(set(secret_key)) < 10 or any(word in lowered for word in _WEAK_WORDS)


# A lock or a forgotten transaction must end as "try again" for one client, not as a standstill for all. The ledger's
# prepared statements have one good plan: planning them anew costs more than running them, and so does compiling.
_SESSION = (
    "-c lock_timeout=15s -c idle_in_transaction_session_timeout=60s"
    " -c plan_cache_mode=force_generic_plan -c jit=off -c work_mem=32MB"
)


def database(url: str, *, role: str) -> dict[str, Any]:
    """Django's settings for `postgresql://user:password@host:port/name?option=value`; the session becomes `role`.

    Without a URL the address is empty, so that commands which need no database (checks, static files) still start.
    """
    parts = urlsplit(url)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    user = options.pop("user", None) or unquote(parts.username or "")
    port = str(options.pop("port", "") or parts.port or "")
    options["options"] = f"-c role={role} {_SESSION}"
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "codecard",
        "HOST": host,
        "PORT": port,
        "USER": user,
        "PASSWORD": unquote(parts.password or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # Only what asks for it is prepared (the ledger does); None would forbid it.
        "OPTIONS": {"connect_timeout": 5, "prepare_threshold": 1_000_000, **options},
    }


def broker_url(redis_url: str) -> str:
    """Celery's address of the same server: `unix:///path?db=0` is `redis+socket:///path?virtual_host=0` to it."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    return f"redis+socket://{parts.path}?virtual_host={dict(parse_qsl(parts.query)).get('db', '0')}"
