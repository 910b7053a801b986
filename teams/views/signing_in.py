"""Pages of signing in by link, and the way home."""

from allauth.account.adapter import get_adapter
from allauth.account.utils import perform_login
from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from codecard.lib.limits import Limit
from teams import sign_in_links
from teams.forms.signing_in import LinkForm
from teams.limited import limited, too_many_requests
from teams.permissions import LAST_ORGANIZATION, memberships_of
from teams.sign_up import SignUpRefusedError, demand_address

LINK_FORMS = Limit("link-form", most=20, seconds=60)
LINKS_OPENED = Limit("link-opened", most=60, seconds=60)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def request_link(request: HttpRequest) -> HttpResponse:
    """Asks for an address, mails a link to it, and says the same whether it is known here or not."""
    form = LinkForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        status = 400 if form.is_bound else 200
        return render(request, "teams/link_request.html", {"form": form}, status=status)
    if not LINK_FORMS.admits(get_adapter().get_client_ip(request)):
        return too_many_requests(request, LINK_FORMS.seconds)
    base_url = settings.BASE_URL or request.build_absolute_uri("/").rstrip("/")
    email = form.cleaned_data["email"]
    sign_in_links.mail_link(email, base_url=base_url, now=timezone.now(), can_sign_up=_can_sign_up(request, email))
    return render(request, "teams/link_sent.html", {"email": email})


def _can_sign_up(request: HttpRequest, email: str) -> bool:
    try:
        demand_address(request, email)
    except SignUpRefusedError:
        return False
    return True


@never_cache
@limited(LINKS_OPENED)
@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """A page with one button; the button signs in."""
    now = timezone.now()
    if request.method != "POST" and sign_in_links.is_open(token, now=now):
        return render(request, "teams/link.html")
    user = sign_in_links.claim_link(token, now=now) if request.method == "POST" else None
    if user is None:
        return render(request, "teams/link_gone.html", status=410)
    if request.user.is_authenticated:
        # Of a visitor the session is kept, with the invitation that was opened in it; its key changes either way.
        logout(request)
    # Whoever holds the link was given it by mail or by an operator, and need not prove an address once more.
    return perform_login(request, user, email_verification="none")  # type: ignore[no-any-return]


@never_cache
@login_required
@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Signs one browser of one's own out. The page of all of them is allauth's."""
    session = get_object_or_404(UserSession, user_id=request.user.pk, id=session_id)
    was_current = session.session_key == request.session.session_key
    end_sessions(request, [session])
    if was_current:
        return redirect("account_login")
    messages.success(request, "That browser is signed out.")
    return redirect("usersessions_list")


@never_cache
@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To the organization that was open last, else the first one, else to where a tool is connected."""
    slugs = [membership.organization.slug for membership in memberships_of(request)]
    last = request.session.get(LAST_ORGANIZATION)
    if not slugs:
        return redirect("/start/")
    return redirect(f"/o/{last if last in slugs else slugs[0]}/")


urlpatterns = [
    path("home/", home, name="home"),
    path("accounts/sessions/<int:session_id>/end/", end_session, name="end_session"),
    path("accounts/link/", request_link, name="sign_in_link_request"),
    path("accounts/link/<str:token>/", open_link, name="sign_in_link"),
]
