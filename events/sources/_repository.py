"""A repository's name, the same however a tool spells it: `host/owner/name`, lower case, nothing else."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

from events.sources._base import Attributes

_LONGEST = 200
_HOST = r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?"
_NORMAL = re.compile(rf"{_HOST}(?::[0-9]{{1,5}})?(?:/[a-z0-9_~.][a-z0-9_~.+-]*){{2,20}}", re.ASCII)
_SCP = re.compile(r"(?:[^@/:\s]+@)?(?P<host>[^@/:\s]+):(?P<path>[^:\s]+)")
_DEFAULT_PORTS = {"http": 80, "https": 443, "ssh": 22, "git": 9418, "git+ssh": 22, "git+https": 443}
_PROVIDERS = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}


@lru_cache(maxsize=4096)
def normalise(url: str) -> str | None:
    """`host/owner/name` of a remote's URL (https, ssh, git, or scp-like), else None: for a path on disk, say.

    Credentials, scheme, default port, query and `.git` are left out, so that clones of one repository are one.
    """
    url = url.strip()
    if len(url) > 1000:
        return None
    place = _of_url(url) if "://" in url else _of_scp(url)
    return None if place is None else _checked(place)


def repository(attributes: Attributes) -> str | None:
    """The repository that `vcs.*` attributes name: by URL, else by provider, owner and name. None where odd."""
    url = attributes.get("vcs.repository.url.full")
    if isinstance(url, str) and (known := normalise(url)):
        return known
    host = _PROVIDERS.get(str(attributes.get("vcs.provider.name")).lower())
    owner, name = attributes.get("vcs.owner.name"), attributes.get("vcs.repository.name")
    if host is None or not isinstance(owner, str) or not isinstance(name, str):
        return None
    return _checked(f"{host}/{owner}/{name}")


def _of_url(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    default = _DEFAULT_PORTS.get(parts.scheme)
    if host is None or default is None:
        return None
    return f"{host}{'' if port in (None, default) else f':{port}'}/{parts.path}"


def _of_scp(url: str) -> str | None:
    match = _SCP.fullmatch(url)
    # A single letter before the colon is a drive of Windows, not a host.
    return f"{match['host']}/{match['path']}" if match and len(match["host"]) > 1 else None


def _checked(place: str) -> str | None:
    parts = [part for part in place.lower().split("/") if part]
    name = "/".join(parts).removesuffix(".git")
    is_odd = len(name) > _LONGEST or "." in parts or ".." in parts
    return name if not is_odd and _NORMAL.fullmatch(name) else None
