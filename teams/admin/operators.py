"""The operators' admin. Runs as the operator's database role, which sees all organizations.

What it changes is logged by Django itself, and by no organization's audit: an operator is not one of its members.
"""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from teams.models import (
    AuditEntry,
    Contributor,
    Identity,
    Invitation,
    Key,
    Membership,
    Organization,
    Team,
    TeamMembership,
    User,
)

if TYPE_CHECKING:  # Django's classes can be subscripted in their type stubs only
    ModelAdmin = admin.ModelAdmin[Any]
    UserCreationForm = AdminUserCreationForm[User]
    UserModelAdmin = DjangoUserAdmin[User]
else:
    ModelAdmin, UserCreationForm, UserModelAdmin = admin.ModelAdmin, AdminUserCreationForm, DjangoUserAdmin


class UserForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(UserModelAdmin):
    add_form = UserForm
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff", "last_login", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "name", "time_zone", "password")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)


@admin.register(Organization)
class OrganizationAdmin(ModelAdmin):
    list_display = ("name", "slug", "is_personal", "is_sample", "time_zone", "privacy_floor", "retention_days")
    list_filter = ("is_personal", "is_sample", "cost_visibility", "created_at")
    search_fields = ("name", "slug")
    readonly_fields = ("created_at", "identity_epoch")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Its events go in batches, not in one form."""
        return False


class OrganizationRowAdmin(ModelAdmin):
    """Of whatever belongs to one organization, which never changes afterwards."""

    list_filter: ClassVar[Any] = ("organization__is_personal", "organization__is_sample")
    list_select_related: ClassVar[Any] = ("organization",)
    list_per_page = 50
    # No totals over the table on each page: they cost more than the page.
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return (*fixed, "organization", "created_at") if obj else (*fixed, "created_at")


@admin.register(Team)
class TeamAdmin(OrganizationRowAdmin):
    list_display = ("name", "slug", "organization", "parent")
    list_select_related = ("organization", "parent")
    search_fields = ("name", "slug", "organization__name", "organization__slug")
    autocomplete_fields = ("organization", "parent")


@admin.register(TeamMembership)
class TeamMembershipAdmin(OrganizationRowAdmin):
    list_display = ("contributor", "team", "organization", "is_lead")
    list_filter = ("is_lead",)
    list_select_related = ("organization", "team", "contributor")
    search_fields = ("contributor__display_name", "team__name", "organization__slug")
    autocomplete_fields = ("organization", "team", "contributor")


@admin.register(Membership)
class MembershipAdmin(OrganizationRowAdmin):
    list_display = ("user", "organization", "role", "is_active", "created_at")
    list_filter = ("role", "is_active")
    list_select_related = ("organization", "user")
    search_fields = ("user__email", "user__name", "organization__name", "organization__slug")
    autocomplete_fields = ("organization", "user")


@admin.register(Contributor)
class ContributorAdmin(OrganizationRowAdmin):
    list_display = ("display_name", "organization", "user", "time_zone", "is_bot", "created_at")
    list_filter = ("is_bot", ("user", admin.EmptyFieldListFilter))
    list_select_related = ("organization", "user")
    search_fields = ("display_name", "user__email", "organization__name", "organization__slug")

    # Whom data belong to is changed by the organization's own merge and split, which count again.
    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*super().get_readonly_fields(request, obj), "user", "time_zone")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(OrganizationRowAdmin):
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Identity)
class IdentityAdmin(ReadOnlyAdmin):
    list_display = ("value", "kind", "contributor", "organization", "last_seen_at")
    list_filter = ("kind",)
    list_select_related = ("organization", "contributor")
    search_fields = ("value", "contributor__display_name", "organization__slug")


@admin.register(Key)
class KeyAdmin(ReadOnlyAdmin):
    """Keys are made by their organizations; an operator can only revoke them."""

    list_display = ("name", "prefix", "kind", "organization", "contributor", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("kind", ("revoked_at", admin.EmptyFieldListFilter), "last_used_at")
    list_select_related = ("organization", "contributor")
    search_fields = ("name", "prefix", "organization__name", "organization__slug", "contributor__display_name")
    exclude = ("digest",)
    actions = ("revoke",)

    @admin.action(description="Revoke selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Key]) -> None:
        keys = list(queryset.filter(revoked_at=None))
        queryset.filter(revoked_at=None).update(revoked_at=timezone.now())
        for key in keys:
            self.log_change(request, key, "Revoked.")
        self.message_user(request, f"{len(keys)} keys revoked. Within 30 seconds they are refused everywhere.")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("teams.change_key"))


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ("email", "role", "organization", "invited_by", "expires_at", "accepted_at", "revoked_at")
    list_filter = ("role", ("accepted_at", admin.EmptyFieldListFilter), ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("organization", "invited_by")
    search_fields = ("email", "organization__name", "organization__slug")
    exclude = ("digest",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Entries outlive organizations and users, so nothing is joined that may be gone."""

    list_display = ("at", "organization_id", "actor_label", "action", "object_type", "object_label", "address")
    list_filter = ("action", "object_type", "at")
    list_select_related = False
    search_fields = ("actor_label", "action", "object_label")
    date_hierarchy = "at"
    fields = (
        *("at", "organization_id", "actor_label", "address"),
        *("action", "object_type", "object_id", "object_label", "details"),
    )
    readonly_fields = fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.readonly_fields
