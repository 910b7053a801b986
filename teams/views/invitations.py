"""Inviting people, and the page that an invitation opens."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
