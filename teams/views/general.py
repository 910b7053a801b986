"""Settings of the organization itself: name, address, time zone, privacy, retention, and its end."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
