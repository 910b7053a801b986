"""Members, the people whom data know, and their names: tables of one organization. What moves data from one person to
another (merge, split) is done on the people's own pages, which show beforehand what it does."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from teams import actions
from teams.admin.site import OrganizationAdmin, OrganizationForm, entered, site
from teams.identity_values import normalise
from teams.models import Contributor, Identity, IdentityKind, Membership, Role
from teams.permissions import Permission


@admin.register(Membership, site=site)
class MembershipAdmin(OrganizationAdmin):
    permission = Permission.MANAGE_PEOPLE
    may_change = True
    list_display = ("user", "email", "role", "is_active", "created_at")
    list_filter = ("role", "is_active")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name")
    fields = ("user", "email", "role", "is_active", "created_at")
    readonly_fields = ("user", "email", "created_at")
    ordering = ("user__email",)

    @admin.display(description="E-mail address", ordering="user__email")
    def email(self, row: Membership) -> str:
        return row.user.email

    def page_of(self, row: Membership) -> str:
        return f"settings/members/{row.id}/"

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        by, now = entered(request).user, timezone.now()
        if "role" in form.changed_data:
            actions.change_role(membership=obj, role=Role(obj.role), by=by, now=now)
        if "is_active" in form.changed_data:
            switch = actions.reactivate_member if obj.is_active else actions.deactivate_member
            switch(membership=obj, by=by, now=now)


@admin.register(Contributor, site=site)
class ContributorAdmin(OrganizationAdmin):
    permission = Permission.MANAGE_PEOPLE
    may_change = True
    list_display = ("display_name", "user", "time_zone", "is_bot", "created_at")
    list_filter = ("is_bot", ("user", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("display_name", "user__email")
    fields = ("display_name", "is_bot", "user", "merge_and_split", "time_zone", "created_at")
    readonly_fields = ("user", "merge_and_split", "time_zone", "created_at")
    ordering = ("display_name", "id")

    @admin.display(description="Merge and split")
    def merge_and_split(self, row: Contributor) -> str:
        address = f"/o/{row.organization.slug}/{self.page_of(row)}"
        return format_html('<a href="{}">On the page of {}</a>', address, row.display_name)

    def page_of(self, row: Contributor) -> str:
        return f"people/{row.id}/"

    def save_model(self, request: HttpRequest, obj: Contributor, form: Any, change: bool) -> None:
        here, now = entered(request), timezone.now()
        if "display_name" in form.changed_data:
            actions.rename_contributor(
                organization=here.organization, contributor=obj, name=obj.display_name, by=here.user, now=now
            )
        if "is_bot" in form.changed_data:
            actions.mark_bot(organization=here.organization, contributor=obj, is_bot=obj.is_bot, by=here.user, now=now)


class IdentityForm(OrganizationForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if value := self.fields.get("value"):
            value.help_text = "An address, a login, or the user id of a tool as <tool>:<id>. Kept in lower case."

    def clean(self) -> dict[str, Any]:
        """As it is kept, so that what is somebody's already is found."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if "kind" in given and "value" in given:
            value = normalise(IdentityKind(given["kind"]), given["value"])
            if not value:
                raise ValidationError({"value": "Nobody can be known by this. Give a whole address, login or user id."})
            given["value"] = value
        return given


@admin.register(Identity, site=site)
class IdentityAdmin(OrganizationAdmin):
    permission = Permission.MANAGE_PEOPLE
    may_add = True
    form = IdentityForm
    list_display = ("value", "kind", "contributor", "last_seen_at", "is_fixed")
    list_filter = ("kind", "is_fixed")
    list_select_related = ("contributor",)
    search_fields = ("value", "contributor__display_name")
    autocomplete_fields = ("contributor",)
    ordering = ("value", "id")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        named = ("contributor", "kind", "value")
        return (*named, "sources", "last_seen_at", "is_fixed", "created_at") if obj else named

    def page_of(self, row: Identity) -> str:
        return f"people/{row.contributor_id}/"

    def save_model(self, request: HttpRequest, obj: Identity, form: Any, change: bool) -> None:
        here, kind = entered(request), IdentityKind(obj.kind)
        is_theirs = actions.add_identity(
            organization=here.organization,
            contributor=obj.contributor,
            kind=kind,
            value=obj.value,
            by=here.user,
            now=timezone.now(),
        )
        if not is_theirs:
            raise ValidationError(f"“{obj.value}” is somebody else’s already, or {obj.contributor} is gone.")
        obj.pk = Identity.objects.get(organization=here.organization, kind=kind, value=obj.value).pk
