from allauth.socialaccount.providers.oauth2.urls import default_urlpatterns

from teams.github.provider import GitHub

urlpatterns = default_urlpatterns(GitHub)
