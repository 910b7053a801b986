"""Settings of GitHub: connections, repositories, deliveries. A secret is in the answer to the POST that made it."""

from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from codecard.lib.limits import Limit
from events.actions import connections as actions
from events.actions.connections import NewSecret, NotConnectedError
from events.dashboards.github import words
from events.dashboards.github.forms import DisconnectForm, OptionsForm, RepositoryForm, TokenForm, WebhookForm
from events.models import Connection, ConnectionKind, GitHubApp, Repository
from events.pulls.github.proving import NotProvenError, prove_installation
from events.queries import github as queries
from events.tasks import ask_to_digest, ask_to_judge, find_repositories
from teams.permissions import OrganizationRequest, Permission, organization_view

MAY = organization_view(Permission.MANAGE_INTEGRATIONS)
CONNECTING = Limit("github-connect", most=20, seconds=600)
TOO_MANY = "That was a lot for ten minutes. Wait a little, and try again; nothing was connected now."
_STATE_SALT = "codecard.github.install"
_STATE_SECONDS = 3600
EVENTS = (
    "Pull requests", "Pull request reviews", "Pushes", "Issues", "Check runs", "Check suites", "Workflow runs",
    "Repositories",
)  # fmt: skip


def _frame(request: OrganizationRequest) -> dict[str, Any]:
    base = f"/o/{request.organization.slug}/settings/github/"
    return {"nav": "settings", "section": "github", "base": base}


def _posted(request: HttpRequest) -> Any:
    """An empty form was posted as well."""
    return request.POST if request.method == "POST" else None


def _connection(request: OrganizationRequest, connection: int) -> Connection:
    found = Connection.objects.filter(organization=request.organization, id=connection).first()
    if found is None:
        raise Http404
    return found


# --- the page --------------------------------------------------------------------------------------------------------


@never_cache
@require_safe
@MAY
def overview(request: OrganizationRequest) -> HttpResponse:
    return _overview(request, WebhookForm())


def _overview(request: OrganizationRequest, form: WebhookForm, status: int = 200) -> HttpResponse:
    organization, now = request.organization, timezone.now()
    connections = queries.connections_of(organization)
    page = queries.repositories_page(organization, request.GET)
    takes_new = any(one.takes_new_repositories for one in connections)
    context = _frame(request) | {
        "connections": [(one, words.OF_CONNECTION[one.state]) for one in connections],
        "has_webhook": any(one.kind == ConnectionKind.WEBHOOK for one in connections),
        "has_app": any(one.kind == ConnectionKind.APP for one in connections),
        "install_url": _install_url(request),
        "form": form,
        "options": OptionsForm(initial={"takes_new": takes_new, "stores_titles": organization.stores_titles}),
        "page": page,
        "q": request.GET.get("q", "")[:100],
        "rows": [(row, _advice(row.repository)) for row in page],
        "counts": queries.delivery_counts(organization, now=now),
        "dead": queries.dead_deliveries(organization),
    }
    return render(request, "events/github/settings.html", context, status=status)


def _advice(repository: Repository) -> words.Advice:
    return words.OF_REPOSITORY[repository.state] if repository.is_tracked else words.NOT_FOLLOWED


# --- a webhook -------------------------------------------------------------------------------------------------------


@never_cache
@require_POST
@MAY
def connect(request: OrganizationRequest) -> HttpResponse:
    form = WebhookForm(request.POST)
    if form.is_valid():
        try:
            if CONNECTING.admits(request.user.id):
                made = actions.connect_webhook(
                    organization=request.organization, **form.cleaned_data, by=request.user, now=timezone.now()
                )
                return _secret(request, made)
            form.add_error(None, TOO_MANY)
        except NotConnectedError as error:
            form.add_error(None, str(error))
    return _overview(request, form, status=400)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@MAY
def rotate(request: OrganizationRequest, connection: int) -> HttpResponse:
    found = _connection(request, connection)
    if found.kind != ConnectionKind.WEBHOOK:
        raise Http404
    if request.method == "POST":
        if CONNECTING.admits(request.user.id):
            return _secret(request, actions.rotate_secret(connection=found, by=request.user, now=timezone.now()))
        messages.error(request, TOO_MANY)
    return render(request, "events/github/rotate.html", _frame(request) | {"connection": found})


def _secret(request: OrganizationRequest, made: NewSecret) -> HttpResponse:
    address = request.build_absolute_uri(f"/webhooks/github/{request.organization.slug}/")
    context = _frame(request) | {"connection": made.connection, "secret": made.secret, "address": address}
    response = render(request, "events/github/secret.html", context | {"events": EVENTS})
    add_never_cache_headers(response)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@MAY
def token(request: OrganizationRequest, connection: int) -> HttpResponse:
    found = _connection(request, connection)
    if found.kind != ConnectionKind.WEBHOOK:
        raise Http404
    form = TokenForm(_posted(request))
    if form.is_valid():
        given = form.cleaned_data["token"]
        actions.change_token(connection=found, token=given, by=request.user, now=timezone.now())
        messages.success(
            request, "The token is kept, sealed." if given else "The connection works without a token now."
        )
        return redirect(_frame(request)["base"])
    context = _frame(request) | {"connection": found, "form": form}
    return render(request, "events/github/token.html", context, status=400 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@MAY
def disconnect(request: OrganizationRequest, connection: int) -> HttpResponse:
    found = _connection(request, connection)
    form = DisconnectForm(_posted(request), initial={"data": "keep"})
    if form.is_valid():
        erases = form.cleaned_data["data"] == "erase"
        actions.disconnect(connection=found, erases=erases, by=request.user, now=timezone.now())
        kept = "erased" if erases else "kept"
        messages.success(request, f"Disconnected. What was known of its repositories is {kept}.")
        return redirect(_frame(request)["base"])
    context = _frame(request) | {"connection": found, "form": form}
    return render(request, "events/github/disconnect.html", context, status=400 if form.is_bound else 200)


@require_POST
@MAY
def options(request: OrganizationRequest) -> HttpResponse:
    form = OptionsForm(request.POST)
    now = timezone.now()
    if form.is_valid():
        for one in queries.connections_of(request.organization):
            actions.change_connection(
                connection=one, takes_new=form.cleaned_data["takes_new"], by=request.user, now=now
            )
        keeps = form.cleaned_data["stores_titles"]
        actions.keep_titles(organization=request.organization, keeps=keeps, by=request.user, now=now)
        messages.success(request, "Saved.")
    return redirect(_frame(request)["base"])


@require_POST
@MAY
def retry(request: OrganizationRequest) -> HttpResponse:
    count = actions.retry_deliveries(organization=request.organization, by=request.user, now=timezone.now())
    if count:
        ask_to_digest(request.organization.id)
    messages.success(
        request, f"{count} put back. They are tried again now." if count else "There was none left to try."
    )
    return redirect(_frame(request)["base"])


# --- the App ---------------------------------------------------------------------------------------------------------


def _install_url(request: OrganizationRequest) -> str:
    """With a state that only this person, for this organization, within the hour, can bring back."""
    app = GitHubApp.objects.order_by("-id").first()
    if app is None:
        return ""
    state = signing.dumps({"slug": request.organization.slug, "user": request.user.id}, salt=_STATE_SALT)
    return f"{settings.GITHUB_URL}/apps/{app.slug}/installations/new?{urlencode({'state': state})}"


def _state(request: HttpRequest) -> dict[str, Any]:
    try:
        found = signing.loads(request.GET.get("state", ""), salt=_STATE_SALT, max_age=_STATE_SECONDS)
    except signing.BadSignature:
        return {}
    return cast(dict[str, Any], found)


@never_cache
@require_safe
def returned(request: HttpRequest) -> HttpResponse:
    """An App has one address to come back to; the state says to which organization."""
    slug = _state(request).get("slug")
    if not slug:
        messages.error(request, "This link from GitHub is too old, or not for you. Connect again from the settings.")
        return redirect("/home/")
    wanted = {
        name: request.GET[name] for name in ("installation_id", "code", "state", "setup_action") if name in request.GET
    }
    return HttpResponseRedirect(f"/o/{slug}/settings/github/installed/?{urlencode(wanted)}")


@never_cache
@require_safe
@MAY
def installed(request: OrganizationRequest) -> HttpResponse:
    """GitHub sends whoever installed the App here. What the address says is proven before it is believed."""
    given, number = _state(request), request.GET.get("installation_id", "")
    app = GitHubApp.objects.order_by("-id").first()
    is_ours = given.get("slug") == request.organization.slug and given.get("user") == request.user.id
    if not is_ours or app is None or not number.isascii() or not number.isdecimal() or len(number) > 18:
        messages.error(request, "This link from GitHub is too old, or not for you. Connect again from here.")
    elif not CONNECTING.admits(request.user.id):
        messages.error(request, TOO_MANY)
    else:
        _connect_app(request, app, int(number))
    return redirect(_frame(request)["base"])


def _connect_app(request: OrganizationRequest, app: GitHubApp, installation_id: int) -> None:
    try:
        account = prove_installation(app, code=request.GET.get("code", ""), installation_id=installation_id)
        row = actions.connect_app(
            organization=request.organization,
            installation_id=installation_id,
            account=account,
            by=request.user,
            now=timezone.now(),
        )
    except (NotProvenError, NotConnectedError) as error:
        messages.error(request, str(error))
    else:
        given = {"organization_id": request.organization.id, "connection_id": row.id}
        transaction.on_commit(lambda: find_repositories.apply_async(kwargs=given, queue="backfill"), robust=True)
        messages.success(request, f"Connected to {account}. Its repositories appear here within a minute.")


# --- repositories ----------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@MAY
def repository(request: OrganizationRequest, repository: int) -> HttpResponse:
    rows = Repository.objects.filter(organization=request.organization, id=repository)
    found = rows.select_related("connection").first()
    if found is None:
        raise Http404
    form = RepositoryForm(found, _posted(request))
    if form.is_valid():
        changed = actions.change_repository(
            repository=found, wanted=form.cleaned_data, by=request.user, now=timezone.now()
        )
        if changed:
            ask_to_judge(request.organization.id)
        messages.success(request, "Saved. What follows from it is worked out again." if changed else "Nothing changed.")
        return redirect(request.path)
    progress = queries.progress_of(request.organization, [found.id]).get(found.id)
    context = _frame(request) | {"repository": found, "form": form, "advice": _advice(found), "progress": progress}
    return render(request, "events/github/repository.html", context, status=400 if form.is_bound else 200)


_AT = "o/<slug:organization>/settings/github/"
urlpatterns = [
    path(_AT, overview, name="settings_github"),
    path(f"{_AT}connect/", connect, name="settings_github_connect"),
    path(f"{_AT}options/", options, name="settings_github_options"),
    path(f"{_AT}retry/", retry, name="settings_github_retry"),
    path(f"{_AT}installed/", installed, name="settings_github_installed"),
    path(f"{_AT}repositories/<int:repository>/", repository, name="settings_github_repository"),
    path(f"{_AT}<int:connection>/secret/", rotate, name="settings_github_secret"),
    path(f"{_AT}<int:connection>/token/", token, name="settings_github_token"),
    path(f"{_AT}<int:connection>/disconnect/", disconnect, name="settings_github_disconnect"),
    path("github/installed/", returned, name="github_returned"),
]
