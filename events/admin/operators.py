"""The ledger for operators: to look something up, never to change it. Events and sums have no page: they have no row
that could be edited without the sums over it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from events.models import ClientCommit, Dimension, Session


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that the ledger alone writes."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Dimension)
class DimensionAdmin(ReadOnly):
    list_display = ("value", "kind", "organization")
    list_filter = ("kind",)
    search_fields = ("value", "organization__slug")
    list_select_related = ("organization",)


@admin.register(Session)
class SessionAdmin(ReadOnly):
    list_display = ("key", "organization", "started_at", "ended_at", "requests", "is_instance")
    list_filter = ("is_instance",)
    search_fields = ("=key", "organization__slug")
    list_select_related = ("organization",)


@admin.register(ClientCommit)
class ClientCommitAdmin(ReadOnly):
    list_display = ("sha", "organization", "committed_at")
    search_fields = ("=sha", "organization__slug")
    list_select_related = ("organization",)
