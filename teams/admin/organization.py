"""The tables of one organization, for its admins and, where `lead_reads` says so, its leads.

Members and people are in `teams.admin.people`. Writes go through `teams.actions`; what has no action there is read here
and changed on the product's own pages.
"""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from codecard.lib.formats import counted
from teams import actions
from teams.admin.site import OrganizationAdmin, OrganizationForm, entered, site
from teams.models import AuditEntry, Invitation, Key, Team, TeamMembership, User
from teams.permissions import Permission


class TeamForm(OrganizationForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if slug := self.fields.get("slug"):
            is_new = self.instance.pk is None
            slug.required = not is_new
            slug.help_text = "In the team’s address. " + (
                "Empty: made of its name." if is_new else "Links to the old address stop working."
            )

    def clean_slug(self) -> str:
        return str(self.cleaned_data["slug"]).lower()

    def clean_parent(self) -> Team | None:
        parent: Team | None = self.cleaned_data["parent"]
        if parent is not None and parent.pk == self.instance.pk:
            raise ValidationError("A team can’t be inside itself.")
        return parent


@admin.register(Team, site=site)
class TeamAdmin(OrganizationAdmin):
    permission = Permission.MANAGE_PEOPLE
    lead_reads = "id"
    may_add = may_change = may_delete = True
    form = TeamForm
    list_display = ("name", "slug", "parent", "created_at")
    list_select_related = ("parent",)
    search_fields = ("name", "slug")
    fields = ("name", "slug", "parent")
    autocomplete_fields = ("parent",)
    ordering = ("name", "id")

    def page_of(self, row: Team) -> str:
        return f"t/{row.slug}/"

    def goes_with(self, row: Team) -> list[str]:
        where = f"inside {row.parent}" if row.parent else "at the top"
        inside = [f"{child} lies in it, and will lie {where}." for child in row.children.order_by("name", "id")]
        people = counted(row.memberships.count(), "person", "people")
        return [
            f"{people} will be in this team no more, and stay in the organization with all that they did.",
            *inside,
            "Its own healthy ranges and annotations will be gone, and open invitations into it will end.",
        ]

    def save_model(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> None:
        here, now = entered(request), timezone.now()
        if change:
            actions.rename_team(team=obj, name=obj.name, slug=obj.slug, by=here.user, now=now)
            actions.nest_team(team=obj, parent=obj.parent, by=here.user, now=now)
            return
        made = actions.create_team(
            organization=here.organization, name=obj.name, slug=obj.slug, parent=obj.parent, by=here.user, now=now
        )
        obj.pk, obj.slug = made.pk, made.slug

    def delete_model(self, request: HttpRequest, obj: Team) -> None:
        actions.delete_team(team=obj, by=entered(request).user, now=timezone.now())


@admin.register(TeamMembership, site=site)
class TeamMembershipAdmin(OrganizationAdmin):
    permission = Permission.MANAGE_PEOPLE
    lead_reads = "team"
    may_add = may_change = may_delete = True
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

    def goes_with(self, row: TeamMembership) -> list[str]:
        return [f"{row.contributor} will be in {row.team} no more, and stays in the organization and in other teams."]

    def save_model(self, request: HttpRequest, obj: TeamMembership, form: Any, change: bool) -> None:
        joined = actions.join_team(
            team=obj.team,
            contributor=obj.contributor,
            is_lead=obj.is_lead,
            by=entered(request).user,
            now=timezone.now(),
        )
        obj.pk = joined.pk

    def delete_model(self, request: HttpRequest, obj: TeamMembership) -> None:
        actions.leave_team(team=obj.team, contributor=obj.contributor, by=entered(request).user, now=timezone.now())


class RevocableAdmin(OrganizationAdmin):
    """Rows that end instead of being deleted."""

    secret_fields = ("digest",)
    actions = ("revoke",)
    noun: ClassVar[str]
    then: ClassVar[str]

    def revoke_one(self, row: Any, *, by: User, now: datetime) -> None:
        raise NotImplementedError

    @admin.action(description="Revoke selected %(verbose_name_plural)s", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        rows, now = list(queryset.filter(revoked_at=None).select_related("organization")), timezone.now()
        for row in rows:
            self.revoke_one(row, by=entered(request).user, now=now)
        self.message_user(request, f"{counted(len(rows), self.noun)} revoked. {self.then}")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self.permission in entered(request).permissions


@admin.register(Key, site=site)
class KeyAdmin(RevocableAdmin):
    permission = Permission.MANAGE_KEYS
    may_change = True
    noun, then = "key", "Within 30 seconds tools that use them are refused."
    list_display = ("name", "prefix", "kind", "contributor", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("kind", ("revoked_at", admin.EmptyFieldListFilter), "last_used_at")
    list_select_related = ("contributor",)
    search_fields = ("name", "prefix", "contributor__display_name")
    fields = (
        *("name", "prefix", "kind", "scopes", "contributor", "created_by"),
        *("created_at", "expires_at", "last_used_at", "revoked_at"),
    )
    readonly_fields = fields[1:]
    ordering = ("-created_at", "-id")

    def page_of(self, row: Key) -> str:
        return "settings/keys/"

    def save_model(self, request: HttpRequest, obj: Key, form: Any, change: bool) -> None:
        actions.rename_key(key=obj, name=obj.name, by=entered(request).user, now=timezone.now())

    def revoke_one(self, row: Key, *, by: User, now: datetime) -> None:
        actions.revoke_key(key=row, by=by, now=now)


@admin.register(Invitation, site=site)
class InvitationAdmin(RevocableAdmin):
    permission = Permission.MANAGE_PEOPLE
    noun, then = "invitation", "Nobody joins by their links any more."
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

    def revoke_one(self, row: Invitation, *, by: User, now: datetime) -> None:
        actions.revoke_invitation(invitation=row, by=by, now=now)


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
