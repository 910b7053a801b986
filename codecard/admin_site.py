"""The operators' admin under `/admin/`: the whole instance, over all organizations, as the operator's database role."""

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest

# Here because this module loads with Django in every process: shared tasks find their application, and so the broker.
from codecard.celery import app as celery_app

__all__ = ["OperatorAdminConfig", "OperatorAdminSite", "celery_app"]


class OperatorAdminSite(AdminSite):
    site_header = "Code Card operators"
    site_title = "Code Card operators"
    index_title = "Instance"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Only people who are active and staff; superusers who lost either are out as well."""
        user = request.user
        return user.is_authenticated and user.is_active and user.is_staff


class OperatorAdminConfig(AdminConfig):
    default_site = "codecard.admin_site.OperatorAdminSite"
