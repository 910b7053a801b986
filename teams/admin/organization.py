"""The tables of one organization, for its admins and, where `lead_reads` says so, its leads.

Writes go through `teams.actions`; what has no action there is read here and changed on the product's own pages.
"""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from teams import actions
from teams.admin.site import OrganizationAdmin, OrganizationForm, entered, site
from teams.models import AuditEntry, Contributor, Identity, Invitation, Key, Membership, Team, TeamMembership
from teams.permissions import Permission


@admin.register(Membership, site=site)
class MembershipAdmin(OrganizationAdmin):
    permission = Permission.MANAGE_PEOPLE
    list_display = ("user", "email", "role", "is_active", "created_at")
    list_filter = ("role", "is_active")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name")
    fields = ("user", "email", "role", "is_active", "created_at")
    ordering = ("user__email",)

    @admin.display(description="E-mail address", ordering="user__email")
    def email(self, row: Membership) -> str:
        return row.user.email

    def page_of(self, row: Membership) -> str:
        return "settings/members/"


class TeamForm(OrganizationForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if slug := self.fields.get("slug"):
            slug.required = False
            slug.help_text = "In the team’s address. Empty: made of its name."


@admin.register(Team, site=site)
class TeamAdmin(OrganizationAdmin):
    permission = Permission.MANAGE_PEOPLE
    lead_reads = "id"
    may_add = True
    form = TeamForm
    list_display = ("name", "slug", "parent", "created_at")
    list_select_related = ("parent",)
    search_fields = ("name", "slug")
    fields = ("name", "slug", "parent")
    autocomplete_fields = ("parent",)
    ordering = ("name", "id")

    def page_of(self, row: Team) -> str:
        return f"t/{row.slug}/"

    def save_model(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> None:
        here = entered(request)
        made = actions.create_team(
            organization=here.organization,
            name=obj.name,
            slug=obj.slug,
            parent=obj.parent,
            by=here.user,
            now=timezone.now(),
        )
        obj.pk, obj.slug = made.pk, made.slug


@admin.register(TeamMembership, site=site)
class TeamMembershipAdmin(OrganizationAdmin):
    permission = Permission.MANAGE_PEOPLE
    lead_reads = "team"
    may_add = may_change = True
    list_display = ("contributor", "team", "is_lead", "created_at")
    list_filter = ("is_lead",)
    list_select_related = ("team", "contributor")
    search_fields = ("contributor__display_name", "team__name", "team__slug")
    fields = ("team", "contributor", "is_lead")
    autocomplete_fields = ("team", "contributor")
    ordering = ("team__name", "contributor__display_name", "id")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("team", "contributor") if obj else ()

    def page_of(self, row: TeamMembership) -> str:
        return f"t/{row.team.slug}/"

    def save_model(self, request: HttpRequest, obj: TeamMembership, form: Any, change: bool) -> None:
        joined = actions.join_team(
            team=obj.team,
            contributor=obj.contributor,
            is_lead=obj.is_lead,
            by=entered(request).user,
            now=timezone.now(),
        )
        obj.pk = joined.pk


@admin.register(Contributor, site=site)
class ContributorAdmin(OrganizationAdmin):
    permission = Permission.MANAGE_PEOPLE
    list_display = ("display_name", "user", "time_zone", "is_bot", "created_at")
    list_filter = ("is_bot", ("user", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("display_name", "user__email")
    fields = ("display_name", "user", "time_zone", "is_bot", "created_at")
    ordering = ("display_name", "id")

    def page_of(self, row: Contributor) -> str:
        return f"people/{row.id}/"


@admin.register(Identity, site=site)
class IdentityAdmin(OrganizationAdmin):
    permission = Permission.MANAGE_PEOPLE
    list_display = ("value", "kind", "contributor", "last_seen_at", "is_fixed")
    list_filter = ("kind", "is_fixed")
    list_select_related = ("contributor",)
    search_fields = ("value", "contributor__display_name")
    fields = ("value", "kind", "contributor", "sources", "last_seen_at", "is_fixed", "created_at")
    ordering = ("value", "id")

    def page_of(self, row: Identity) -> str:
        return f"people/{row.contributor_id}/"


@admin.register(Key, site=site)
class KeyAdmin(OrganizationAdmin):
    permission = Permission.MANAGE_KEYS
    secret_fields = ("digest",)
    list_display = ("name", "prefix", "kind", "contributor", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("kind", ("revoked_at", admin.EmptyFieldListFilter), "last_used_at")
    list_select_related = ("contributor",)
    search_fields = ("name", "prefix", "contributor__display_name")
    fields = (
        *("name", "prefix", "kind", "scopes", "contributor", "created_by"),
        *("created_at", "expires_at", "last_used_at", "revoked_at"),
    )
    ordering = ("-created_at", "-id")
    actions = ("revoke",)

    def page_of(self, row: Key) -> str:
        return "settings/keys/"

    @admin.action(description="Revoke selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Key]) -> None:
        keys = list(queryset.filter(revoked_at=None).select_related("organization"))
        for key in keys:
            actions.revoke_key(key=key, by=entered(request).user, now=timezone.now())
        many = "1 key" if len(keys) == 1 else f"{len(keys)} keys"
        self.message_user(request, f"{many} revoked. Within 30 seconds tools that use them are refused.")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self.permission in entered(request).permissions


@admin.register(Invitation, site=site)
class InvitationAdmin(OrganizationAdmin):
    permission = Permission.MANAGE_PEOPLE
    secret_fields = ("digest",)
    list_display = ("addressee", "role", "team", "invited_by", "expires_at", "accepted_at", "revoked_at")
    list_filter = ("role", ("accepted_at", admin.EmptyFieldListFilter), ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("team", "invited_by")
    search_fields = ("email", "team__name")
    fields = (
        *("addressee", "role", "team", "invited_by", "created_at", "sent_at", "expires_at"),
        *("most_uses", "uses", "accepted_at", "accepted_by", "revoked_at"),
    )

    @admin.display(description="For", ordering="email")
    def addressee(self, row: Invitation) -> str:
        return row.email or "Anybody with the link"

    def page_of(self, row: Invitation) -> str:
        return "settings/invitations/"


@admin.register(AuditEntry, site=site)
class AuditEntryAdmin(OrganizationAdmin):
    """Entries outlive users, so nothing is joined that may be gone."""

    permission = Permission.SEE_AUDIT
    list_display = ("at", "actor_label", "action", "object_type", "object_label", "address")
    list_filter = ("action", "object_type", "at")
    search_fields = ("actor_label", "action", "object_label")
    date_hierarchy = "at"
    fields: ClassVar[Any] = (
        *("at", "actor_label", "address", "action"),
        *("object_type", "object_id", "object_label", "details"),
    )
    ordering = ("-at", "-id")

    def page_of(self, row: AuditEntry) -> str:
        return "settings/audit/"
