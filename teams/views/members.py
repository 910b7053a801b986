"""Who belongs to the organization, and as what."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
