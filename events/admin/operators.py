"""The ledger and pull requests for operators: to look something up, never to change it. Events and sums have no page:
they have no row that could be edited without the sums over it. Bodies and secrets have none either."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from events.models import (
    Backfill,
    Chore,
    ClientCommit,
    Connection,
    Defect,
    Delivery,
    Dimension,
    PullRequest,
    Repository,
    Session,
)


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


class Fields(ReadOnly):
    """Shows what is named, and nothing else: new columns, sealed ones among them, don't come by themselves."""

    search_fields: ClassVar[Any] = ("organization__slug",)
    list_select_related: ClassVar[Any] = ("organization",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.list_display


@admin.register(Connection)
class ConnectionAdmin(Fields):
    list_display = ("account", "organization", "kind", "state", "error", "last_delivery_at")
    list_filter = ("kind", "state")


@admin.register(Repository)
class RepositoryAdmin(Fields):
    list_display = ("full_name", "organization", "state", "error", "is_tracked", "replayed_to", "updated_at")
    list_filter = ("state", "is_tracked")
    search_fields = ("=full_name", "organization__slug")


@admin.register(PullRequest)
class PullRequestAdmin(Fields):
    list_display = ("number", "repository", "organization", "state", "ai_class", "opened_at", "integrated_at")
    list_filter = ("state", "ai_class")
    list_select_related = ("organization", "repository")


@admin.register(Defect)
class DefectAdmin(Fields):
    list_display = ("key", "repository", "organization", "kind", "detected_at", "is_cancelled")
    list_filter = ("kind",)
    list_select_related = ("organization", "repository")


@admin.register(Delivery)
class DeliveryAdmin(Fields):
    list_display = ("delivery_id", "organization", "event", "action", "state", "error", "attempts", "received_at")
    list_filter = ("state", "event")
    search_fields = ("=delivery_id", "organization__slug")


@admin.register(Backfill)
class BackfillAdmin(Fields):
    list_display = ("repository", "organization", "stage", "done", "total", "error", "attempts", "finished_at")
    list_filter = ("stage",)
    list_select_related = ("organization", "repository")


@admin.register(Chore)
class ChoreAdmin(Fields):
    list_display = ("kind", "key", "organization", "attempts", "is_dead", "error", "not_before", "created_at")
    list_filter = ("is_dead", "kind")
