"""Teams: made, nested, filled, imported."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
