"""Keys of the organization, for its admins, and the same pages for one's own keys.

A secret is in the answer to the POST that made it and nowhere else: never in a message, a session, a cache or a log.
"""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from codecard.lib.limits import Limit
from teams import actions, queries
from teams.actions.keys import KeyRefusedError, NewKey
from teams.forms.keys import NewKeyForm, RenameKeyForm, RotateKeyForm
from teams.keys import Scope
from teams.models import Contributor, Key, KeyKind
from teams.permissions import OrganizationRequest, Permission, organization_view
from teams.queries import keys as key_queries
from teams.views._file import list_file, moment

NEW_KEYS = Limit("new-key", most=30, seconds=600)
NEW_KEYS_FROM = Limit("new-key-from", most=300, seconds=600)
"""Of one address of the network, which may be a whole office on its first morning."""
TOO_MANY = "That was a lot of keys for ten minutes. Wait a little, and try again; none was made now."
HEADER = ("Name", "Begins with", "Kind", "May read", "Whose", "Made (UTC)", "Made by", "Last used (UTC)",
          "Ends (UTC)", "State")  # fmt: skip
SECONDS_A_FORM_LIVES = 24 * 3600


# --- where one is: all keys, or one's own ----------------------------------------------------------------------------


def _frame(request: OrganizationRequest, *, is_own: bool) -> dict[str, Any]:
    slug = request.organization.slug
    base = f"/o/{slug}/keys/" if is_own else f"/o/{slug}/settings/keys/"
    frame = "teams/settings/own_keys.html" if is_own else "teams/settings/base.html"
    nav, section = ("keys", "") if is_own else ("settings", "keys")
    return {"is_own": is_own, "base": base, "frame": frame, "nav": nav, "section": section}


def _own(request: OrganizationRequest) -> Contributor | None:
    return queries.contributor_of(request.organization, request.user)


def _key(request: OrganizationRequest, key_id: int, *, is_own: bool) -> Key:
    own = _own(request) if is_own else None
    found = key_queries.key_of(request.organization, key_id, of=own) if own or not is_own else None
    if found is None:
        raise Http404
    return found


# --- pages -----------------------------------------------------------------------------------------------------------


def keys(request: OrganizationRequest, *, is_own: bool) -> HttpResponse:
    filters = _filters(request)
    own, now = _own(request) if is_own else None, timezone.now()
    page = None
    if own or not is_own:
        page = key_queries.keys_page(request.organization, filters, request.GET.get("page"), now=now, of=own)
    context = _frame(request, is_own=is_own) | {"page": page, "filters": filters, "is_filtered": any(filters)}
    context |= {"kinds": list(key_queries.KINDS.items()), "states": list(key_queries.STATES.items())}
    return render(request, "teams/settings/keys.html", context)


def _filters(request: OrganizationRequest) -> key_queries.Filters:
    asked = (request.GET.get(name, "")[:100].replace("\x00", "") for name in ("kind", "state", "q"))
    return key_queries.Filters(*asked)


def download(request: OrganizationRequest, *, is_own: bool) -> HttpResponse | StreamingHttpResponse:
    filters, own, now = _filters(request), _own(request) if is_own else None, timezone.now()
    found = key_queries.keys_found(request.organization, filters, now=now, of=own) if own or not is_own else ()
    rows = [
        [
            key.name, f"{key.prefix}…", key.get_kind_display(), "; ".join(scopes), key.contributor or "",
            moment(key.created_at), key.created_by or "", moment(key.last_used_at), moment(key.expires_at), state,
        ]
        for key, state, scopes in (key_queries.as_row(key, now) for key in found)
    ]  # fmt: skip
    return list_file(request, "own-keys" if is_own else "keys", HEADER, rows, filters._asdict())


def new_key(request: OrganizationRequest, *, is_own: bool) -> HttpResponse:
    now = timezone.now()
    form = NewKeyForm(
        request.POST or None,
        organization=request.organization,
        own=_own(request),
        is_own_only=is_own,
        permissions=request.permissions,
        now=now,
        initial={"once": secrets.token_hex(16), "kind": KeyKind.API if request.GET.get("kind") == "api" else "ingest"},
    )
    status = 400 if form.is_bound else 200
    if form.is_valid():

        def make() -> NewKey:
            return actions.create_key(
                organization=request.organization,
                kind=KeyKind(form.cleaned_data["kind"]),
                name=form.cleaned_data["name"],
                contributor=form.contributor,
                scopes=form.cleaned_data.get("scopes", ()),
                expires_at=form.expires_at,
                by=request.user,
                now=now,
            )

        made = _once(request, form.cleaned_data["once"], make, is_own=is_own)
        if isinstance(made, HttpResponse):
            return made
        form.add_error(None, made)
        status = 429 if made == TOO_MANY else 400
    context = _frame(request, is_own=is_own) | {"form": form}
    return render(request, "teams/settings/key_new.html", context, status=status)


def key(request: OrganizationRequest, key: int, *, is_own: bool) -> HttpResponse:
    """What is known of a key, and its name to change."""
    found = _key(request, key, is_own=is_own)
    form = RenameKeyForm(request.POST or None, initial={"name": found.name})
    if form.is_valid():
        actions.rename_key(key=found, name=form.cleaned_data["name"], by=request.user, now=timezone.now())
        messages.success(request, f"The key is called {found.name} now.")
        return redirect(request.path)
    context = _frame(request, is_own=is_own) | {
        "row": key_queries.as_row(found, timezone.now()),
        "successor": key_queries.successor_of(found),
        "may_rotate": not _why_not_hold(request, found),
        "form": form,
    }
    return render(request, "teams/settings/key.html", context, status=400 if form.is_bound else 200)


def rotate_key(request: OrganizationRequest, key: int, *, is_own: bool) -> HttpResponse:
    found = _key(request, key, is_own=is_own)
    if why_not := _why_not_hold(request, found):
        messages.error(request, why_not)
        return redirect(f"{_frame(request, is_own=is_own)['base']}{found.id}/")
    form = RotateKeyForm(request.POST or None, initial={"once": secrets.token_hex(16), "overlap": 24})
    status = 400 if form.is_bound else 200
    if form.is_valid():
        overlap = timedelta(hours=form.cleaned_data["overlap"])

        def make() -> NewKey:
            return actions.rotate_key(key=found, overlap=overlap, by=request.user, now=timezone.now())

        made = _once(request, form.cleaned_data["once"], make, is_own=is_own, old=found)
        if isinstance(made, HttpResponse):
            return made
        form.add_error(None, made)
        status = 429 if made == TOO_MANY else 400
    context = _frame(request, is_own=is_own) | {"form": form, "row": key_queries.as_row(found, timezone.now())}
    return render(request, "teams/settings/key_rotate.html", context, status=status)


def revoke_key(request: OrganizationRequest, key: int, *, is_own: bool) -> HttpResponse:
    found = _key(request, key, is_own=is_own)
    context = _frame(request, is_own=is_own)
    if request.method == "POST":
        if found.revoked_at:
            messages.info(request, f"{found} was revoked already.")
        else:
            actions.revoke_key(key=found, by=request.user, now=timezone.now())
            messages.success(request, f"{found} is revoked. Within 30 seconds it is refused everywhere.")
        return redirect(f"{context['base']}{found.id}/")
    return render(
        request, "teams/settings/key_revoke.html", context | {"row": key_queries.as_row(found, timezone.now())}
    )


def _why_not_hold(request: OrganizationRequest, key: Key) -> str:
    """Why the secret of a successor is not for whoever asks, or "" where it is."""
    if key.kind == KeyKind.API and key.contributor_id and key.contributor != _own(request):
        return "Only its person may hold this token, for it reads what they may. You can revoke it."
    is_shared = key.contributor_id is None
    needed = (scope.demanded(is_shared=is_shared) for scope in Scope if scope in key.scopes)
    if not all(permission in request.permissions for permission in needed):
        return "This token reads what your role may see no more, so it can't be renewed. Revoke it."
    return ""


# --- shown once ------------------------------------------------------------------------------------------------------


def _once(
    request: OrganizationRequest, form_id: str, make: Callable[[], NewKey], *, is_own: bool, old: Key | None = None
) -> HttpResponse | str:
    """The page with the secret; for a form that was sent before, the way to what it made; or why not, in words."""
    remembered = f"key-form:{request.organization.id}:{request.user.id}:{form_id}"
    base = _frame(request, is_own=is_own)["base"]
    if not cache.add(remembered, 0, timeout=SECONDS_A_FORM_LIVES):
        messages.warning(
            request,
            "This form was sent before: it made one key, which was shown then and can't be shown again. "
            "If you did not see it, rotate it or revoke it.",
        )
        return redirect(f"{base}{f'{made}/' if (made := cache.get(remembered)) else ''}")
    try:
        may = NEW_KEYS.admits(request.user.id)
        if not may or not NEW_KEYS_FROM.admits(get_adapter().get_client_ip(request)):
            cache.delete(remembered)
            return TOO_MANY
        new = make()
    except KeyRefusedError as error:
        cache.delete(remembered)
        return str(error)
    cache.set(remembered, new.key.id, timeout=SECONDS_A_FORM_LIVES)
    row = key_queries.as_row(new.key, timezone.now())
    context = _frame(request, is_own=is_own) | {"row": row, "secret": new.secret, "old": old}
    response = render(request, "teams/settings/key_made.html", context)
    add_never_cache_headers(response)
    return response


# --- addresses -------------------------------------------------------------------------------------------------------


def _addresses(at: str, name: str, permission: Permission, *, is_own: bool) -> list[URLPattern]:
    guard, given = organization_view(permission), {"is_own": is_own}
    form = require_http_methods(["GET", "HEAD", "POST"])
    return [
        path(at, never_cache(require_safe(guard(keys))), given, name=name),
        path(f"{at}keys.csv", never_cache(require_safe(guard(download))), given, name=f"{name}_download"),
        path(f"{at}new/", never_cache(form(guard(new_key))), given, name=f"{name}_new"),
        path(f"{at}<int:key>/", never_cache(form(guard(key))), given, name=f"{name}_one"),
        path(f"{at}<int:key>/rotate/", never_cache(form(guard(rotate_key))), given, name=f"{name}_rotate"),
        path(f"{at}<int:key>/revoke/", never_cache(form(guard(revoke_key))), given, name=f"{name}_revoke"),
    ]


urlpatterns: list[URLPattern] = [
    *_addresses("o/<slug:organization>/settings/keys/", "settings_keys", Permission.MANAGE_KEYS, is_own=False),
    *_addresses("o/<slug:organization>/keys/", "own_keys", Permission.USE_OWN_DATA, is_own=True),
]
