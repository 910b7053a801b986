"""Addresses of an organization's admin site: `teams.views.admin` mounts them below `/o/<organization>/admin/`."""

from django.urls import path

from teams.admin.site import site

urlpatterns = [path("", site.urls)]
