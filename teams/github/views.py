"""The way to GitHub and back."""

from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.views.decorators.cache import never_cache

from codecard.lib.limits import Limit
from teams.github.provider import GitHubAdapter
from teams.limited import limited

# An office behind one address signs in on one morning; each way back costs us three requests to GitHub.
ROUND_TRIPS = Limit("github-sign-in", most=60, seconds=60)

oauth2_login = never_cache(limited(ROUND_TRIPS)(OAuth2LoginView.adapter_view(GitHubAdapter)))
oauth2_callback = never_cache(limited(ROUND_TRIPS)(OAuth2CallbackView.adapter_view(GitHubAdapter)))
