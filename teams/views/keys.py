"""Keys of the organization and of its members."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
