"""Pull requests, their defects and the machinery behind them, in the organization's own admin. Read-only: people say
what they have to say on the pages; what failed for good can be tried again here."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from codecard.lib.formats import counted
from events.actions.replaying import try_chores_again, try_deliveries_again
from events.models import (
    Annotation,
    Backfill,
    Chore,
    Connection,
    Defect,
    DefectLink,
    Delivery,
    HealthyRange,
    PullRequest,
    Repository,
)
from teams.admin.site import OrganizationAdmin, entered, site
from teams.permissions import Permission

_TEAM_OF_AUTHOR = "author__contributor__team_memberships__team"


class ReadOnly(OrganizationAdmin):
    """Shows what is named, and nothing else."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields or ()


class Repeatable(ReadOnly):
    """Rows that can be tried again."""

    permission = Permission.MANAGE_INTEGRATIONS
    actions = ("try_again",)

    def again(self, request: HttpRequest, rows: QuerySet[Any]) -> int:
        raise NotImplementedError

    @admin.action(description="Try selected %(verbose_name_plural)s again", permissions=["repeat"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        done = self.again(request, queryset)
        noun, nouns = str(self.opts.verbose_name), str(self.opts.verbose_name_plural)
        left = " What had nothing left to try stays as it is." if done < queryset.count() else ""
        self.message_user(request, f"{counted(done, noun, nouns)} will be tried again within a minute.{left}")

    def has_repeat_permission(self, request: HttpRequest) -> bool:
        return self.permission in entered(request).permissions


@admin.register(Connection, site=site)
class ConnectionAdmin(ReadOnly):
    permission = Permission.MANAGE_INTEGRATIONS
    secret_fields = ("digest", "webhook_secret", "former_webhook_secret", "token", "access_token")
    list_display = ("__str__", "kind", "state", "error", "last_delivery_at")
    list_filter = ("kind", "state")
    fields: ClassVar[Any] = (
        *("kind", "account", "installation_id", "permissions", "state", "error", "error_at", "limits", "paused_until"),
        *("takes_new_repositories", "last_delivery_at", "access_token_expires_at", "created_by", "created_at"),
    )
    ordering = ("id",)

    def page_of(self, row: Connection) -> str:
        return "settings/github/"


@admin.register(Repository, site=site)
class RepositoryAdmin(ReadOnly):
    permission = Permission.MANAGE_INTEGRATIONS
    list_display = ("full_name", "state", "error", "is_tracked", "is_archived", "default_branch", "updated_at")
    list_filter = ("state", "is_tracked", "is_archived")
    search_fields = ("full_name",)
    fields: ClassVar[Any] = (
        *("full_name", "external_id", "default_branch", "is_private", "is_archived", "is_tracked", "state", "error"),
        *("error_at", "bug_labels", "generated_paths", "test_paths", "replayed_to", "updated_at", "created_at"),
    )
    ordering = ("full_name", "id")

    def page_of(self, row: Repository) -> str:
        return "settings/github/"


@admin.register(PullRequest, site=site)
class PullRequestAdmin(ReadOnly):
    """No column, filter or order by author: a pull request is a work item."""

    permission = Permission.SEE_PULL_REQUESTS
    lead_reads = _TEAM_OF_AUTHOR
    list_display = ("__str__", "repository", "title", "state", "ai_class", "task_type", "size", "opened_at")
    list_filter = ("state", "ai_class", "size", "change_class", "fix_reason", "is_backport", "is_bot")
    list_select_related = ("repository",)
    search_fields = ("=number", "title", "repository__full_name")
    sortable_by = ("opened_at",)
    fields: ClassVar[Any] = (
        *("repository", "number", "title", "author_login", "state", "is_draft", "is_bot", "opened_at", "ready_at"),
        *("first_review_at", "approved_at", "merged_at", "closed_at", "updated_at", "integrated_at", "integration"),
        *("head_branch", "head_sha", "base_branch", "base_sha", "merge_sha", "labels", "additions", "deletions"),
        *("changed_files", "commit_count", "source_lines_added", "source_lines_changed", "size", "change_class"),
        *("task_type", "is_backport", "fix_reason", "ai_class", "ai_tools", "ai_models", "ai_lines"),
    )
    ordering = ("-opened_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("files", "stated")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Not in the address either: every column of its own can be asked for there."""
        is_about_people = lookup.split("__")[0] in {"author", "author_login", "merged_by_login"}
        return not is_about_people and super().lookup_allowed(lookup, value, request)

    def page_of(self, row: PullRequest) -> str:
        return f"pulls/{row.repository.full_name}/{row.number}/"


@admin.register(Defect, site=site)
class DefectAdmin(ReadOnly):
    permission = Permission.SEE_PULL_REQUESTS
    lead_reads = f"links__origin__{_TEAM_OF_AUTHOR}"
    list_display = ("key", "repository", "kind", "detected_at", "fix", "is_cancelled")
    list_filter = ("kind", "is_cancelled", "detected_at")
    list_select_related = ("repository", "fix")
    search_fields = ("=key", "repository__full_name")
    fields: ClassVar[Any] = (
        *("repository", "key", "kind", "detected_at", "issue", "fix", "fix_sha", "incident", "is_cancelled"),
        "facts",
    )
    ordering = ("-detected_at", "-id")

    def page_of(self, row: Defect) -> str:
        return "defects/"


@admin.register(DefectLink, site=site)
class DefectLinkAdmin(ReadOnly):
    permission = Permission.SEE_PULL_REQUESTS
    lead_reads = f"origin__{_TEAM_OF_AUTHOR}"
    list_display = ("defect", "origin", "method", "tier", "share", "decision")
    list_filter = ("tier", "method", "decision")
    list_select_related = ("defect", "origin")
    search_fields = ("=defect__key",)
    fields: ClassVar[Any] = (
        *("defect", "origin", "origin_sha", "method", "share", "probability", "tier", "weight", "lag_seconds"),
        *("facts", "decision"),
    )
    ordering = ("-id",)

    def page_of(self, row: DefectLink) -> str:
        return f"pulls/{row.origin.repository.full_name}/{row.origin.number}/"


@admin.register(Delivery, site=site)
class DeliveryAdmin(Repeatable):
    """Of a delivery's body nothing is shown, sealed or not."""

    secret_fields = ("body",)
    list_display = ("received_at", "event", "action", "state", "error", "attempts", "size")
    list_filter = ("state", "event", "received_at")
    search_fields = ("=delivery_id",)
    fields: ClassVar[Any] = (
        *("delivery_id", "connection", "event", "action", "size", "state", "error", "attempts", "retry_at"),
        *("received_at", "digested_at"),
    )
    ordering = ("-received_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("body")

    def again(self, request: HttpRequest, rows: QuerySet[Any]) -> int:
        here = entered(request)
        return try_deliveries_again(organization=here.organization, rows=rows, by=here.user, now=timezone.now())


@admin.register(Backfill, site=site)
class BackfillAdmin(ReadOnly):
    permission = Permission.MANAGE_INTEGRATIONS
    list_display = ("repository", "stage", "done", "total", "calls", "points", "error", "finished_at")
    list_filter = ("stage", ("finished_at", admin.EmptyFieldListFilter))
    list_select_related = ("repository",)
    search_fields = ("repository__full_name",)
    fields: ClassVar[Any] = (
        *("repository", "stage", "done", "total", "calls", "points", "error", "attempts", "claimed_until"),
        *("resume_at", "started_at", "finished_at"),
    )
    ordering = ("repository__full_name", "id")

    def page_of(self, row: Backfill) -> str:
        return "settings/github/"


@admin.register(Chore, site=site)
class ChoreAdmin(Repeatable):
    """What is left to do; the dead ones wait for somebody to try them again."""

    list_display = ("kind", "key", "is_dead", "attempts", "error", "not_before", "created_at")
    list_filter = ("is_dead", "kind")
    search_fields = ("=key",)
    fields: ClassVar[Any] = ("kind", "key", "is_dead", "attempts", "error", "not_before", "created_at")
    ordering = ("-is_dead", "-created_at", "-id")

    def again(self, request: HttpRequest, rows: QuerySet[Any]) -> int:
        here = entered(request)
        return try_chores_again(organization=here.organization, rows=rows, by=here.user, now=timezone.now())


@admin.register(HealthyRange, site=site)
class HealthyRangeAdmin(ReadOnly):
    """Ends in the metric's own unit: shares between 0 and 1."""

    permission = Permission.EDIT_PAGES
    lead_reads = "team"
    list_display = ("metric", "team", "task_type", "low", "high", "set_by", "set_at")
    list_filter = ("metric", "task_type")
    list_select_related = ("team", "set_by")
    search_fields = ("metric", "team__name")
    fields: ClassVar[Any] = ("metric", "team", "task_type", "low", "high", "set_by", "set_at")
    ordering = ("metric", "id")

    def page_of(self, row: HealthyRange) -> str:
        return f"settings/ranges/{row.metric}/"


@admin.register(Annotation, site=site)
class AnnotationAdmin(ReadOnly):
    permission = Permission.EDIT_PAGES
    lead_reads = "team"
    list_display = ("on", "text", "team", "made_by", "made_at")
    list_select_related = ("team", "made_by")
    search_fields = ("text", "team__name")
    fields: ClassVar[Any] = ("on", "text", "team", "made_by", "made_at")
    ordering = ("-on", "-id")

    def page_of(self, row: Annotation) -> str:
        return f"t/{row.team.slug}/annotations/" if row.team else ""
