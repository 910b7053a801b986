"""People as data know them: matches, merges, splits, bots."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
