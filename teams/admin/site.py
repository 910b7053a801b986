"""The admin site of one organization, `/o/<organization>/admin/`, and what each of its tables starts from.

It runs inside the tenant under the application's role (`teams.views.admin`). Django's staff flag and its own
permissions mean nothing here: the role in the organization decides, by `teams.permissions`.
"""

from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import admin, messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField, ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, reverse
from django.utils.text import capfirst

from teams import actions, queries
from teams.models import AuditEntry, OrganizationRow
from teams.permissions import OrganizationRequest, Permission

if TYPE_CHECKING:  # Django's classes can be subscripted in their type stubs only
    ModelAdmin = admin.ModelAdmin[Any]
    Form = ModelForm[Any]
else:
    ModelAdmin, Form = admin.ModelAdmin, ModelForm

MOST_HISTORY = 100
# Passwords belong to accounts, and the address of any row of any table (`view_on_site`) belongs to nobody here.
_LEFT_OUT = {"view_on_site", "password_change_done"}
# How an action says in words that it won't, and what the database says when somebody was faster.
REFUSALS = (
    *(actions.TeamRefusedError, actions.LastOwnerError, actions.OwnersOnlyError),
    *(ValidationError, IntegrityError, ObjectDoesNotExist),
)


def entered(request: HttpRequest) -> OrganizationRequest:
    """The request as `organization_view` left it."""
    return cast(OrganizationRequest, request)


class OrganizationAdminSite(admin.AdminSite):
    site_title = "Admin tables"
    index_title = "Admin tables"
    index_template = "admin/organization/index.html"
    enable_nav_sidebar = False
    # With it every address would be one of the site's, and a typing error be sent round in a circle.
    final_catch_all_view = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Who came here through `organization_view`."""
        return Permission.SEE_TEAM_PULL_REQUESTS in getattr(request, "permissions", ())

    def get_urls(self) -> list[URLResolver | URLPattern]:
        return [entry for entry in super().get_urls() if getattr(entry, "name", None) not in _LEFT_OUT]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        organization = entered(request).organization
        home = {"site_header": organization.name, "site_url": f"/o/{organization.slug}/"}
        return {**super().each_context(request), **home}

    def get_log_entries(self, request: HttpRequest) -> Any:
        """Django's log knows no organizations. What was done here stands in the organization's audit."""
        return ()

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("/accounts/login/")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return redirect("/accounts/logout/")  # type: ignore[return-value]  # Django's own answers with one, too

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return redirect("/accounts/email/")  # type: ignore[return-value]


site = OrganizationAdminSite(name="organization_admin")
# It deletes rows past the actions, and so past the audit.
site.disable_action("delete_selected")


class OrganizationForm(Form):
    """Knows the organization, which is no field of it, so that what must be unique within it is checked."""

    organization: ClassVar[Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.organization = self.organization

    def _get_validation_exclusions(self) -> set[str]:
        return set(super()._get_validation_exclusions()) - {"organization"}  # type: ignore[misc]  # not in the stubs


class OrganizationAdmin(ModelAdmin):
    """A table of the organization. Read-only, unless a subclass says which writes it has and makes them by an action:

    - `permission`: who may open it, and write where it can be written;
    - `lead_reads`: the look-up from a row to its team, such as `"repository__teams"`. Leads then read the rows of the
      teams that they lead. Without it they read none;
    - `may_add`, `may_change`, `may_delete`: then `save_model` and `delete_model` must call one of `teams.actions`;
    - `secret_fields`: never shown, and never asked for in the address either;
    - `page_of(row)`: where the product itself shows the row;
    - `goes_with(row)`: what else its deletion does, in sentences for the page that asks.
    """

    permission: ClassVar[Permission]
    lead_reads: ClassVar[str] = ""
    may_add = may_change = may_delete = False
    secret_fields: ClassVar[tuple[str, ...]] = ()

    form = OrganizationForm
    change_form_template = "admin/organization/change_form.html"
    delete_confirmation_template = "admin/organization/delete_confirmation.html"
    object_history_template = "admin/organization/object_history.html"
    list_per_page = 50
    show_full_result_count = False
    view_on_site = False

    class Media:
        js = ("codecard/js/admin.js",)

    def page_of(self, row: Any) -> str:
        """Below `/o/<organization>/`."""
        return ""

    def goes_with(self, row: Any) -> list[str]:
        return []

    # --- which rows ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        here = entered(request)
        rows: QuerySet[Any] = super().get_queryset(request).filter(organization=here.organization)
        if self.permission in here.permissions:
            return rows
        if not self._is_read_by_lead(here):
            return rows.none()
        led = queries.teams_led_by(here.organization, here.user)
        # Within, not joined: a row of two teams would stand in the list twice.
        return rows.filter(pk__in=rows.filter(**{f"{self.lead_reads}__in": led}).values("pk"))

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any] | None:
        """What a field may point to: rows of the organization, and nothing of tables without a wall."""
        model = db_field.remote_field.model
        rows = cast(QuerySet[Any], model._default_manager.all())
        if not issubclass(model, OrganizationRow):
            return rows.none()
        return rows.filter(organization=entered(request).organization)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> "ModelChoiceField[Any] | None":
        kwargs["queryset"] = self.get_field_queryset(None, db_field, request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        is_secret = lookup.split("__")[0] in self.secret_fields
        return not is_secret and super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    # --- who may what ---

    def _is_read_by_lead(self, request: OrganizationRequest) -> bool:
        return bool(self.lead_reads) and Permission.SEE_TEAM_PULL_REQUESTS in request.permissions

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        here = entered(request)
        return self.permission in here.permissions or self._is_read_by_lead(here)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_add and self.permission in entered(request).permissions

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_change and self.permission in entered(request).permissions

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_delete and self.permission in entered(request).permissions

    # --- writes ---

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"organization": entered(request).organization})

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("organization", *self.secret_fields, *(super().get_exclude(request, obj) or ()))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        raise NotImplementedError(f"{type(self).__name__} may write, and doesn't say by which action")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        raise NotImplementedError(f"{type(self).__name__} may delete, and doesn't say by which action")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, self._told(request, object_id, extra_context))
        except REFUSALS as error:
            # The form has checked the same a moment ago, or only the action can tell.
            return self._refused(request, object_id, error)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except REFUSALS as error:
            return self._refused(request, object_id, error)

    def _refused(self, request: HttpRequest, object_id: str | None, error: Exception) -> HttpResponse:
        """Back to the page as it is now, or to the table if the row is gone. Django's view has undone all of it."""
        words = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        if isinstance(error, (IntegrityError, ObjectDoesNotExist)):
            words = "Somebody else changed the same at this moment."
        messages.error(request, f"{words} Nothing was saved: look at it again.")
        if object_id and self.get_object(request, object_id) is None:
            return redirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
        return HttpResponseRedirect(request.get_full_path())

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """What goes and what stays is the action's to say, not that of the references between the tables."""
        return [words for row in objs for words in self.goes_with(row)], {}, set(), []

    def _told(self, request: HttpRequest, object_id: str | None, extra: dict[str, Any] | None) -> dict[str, Any]:
        here = entered(request)
        row = self.get_object(request, object_id) if object_id else None
        page = self.page_of(row) if row else ""
        return {
            "product_page": f"/o/{here.organization.slug}/{page}" if page else "",
            "may_see_history": Permission.SEE_AUDIT in here.permissions,
            "show_save_and_add_another": self.may_add,
            **(extra or {}),
        }

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """A row of others and none at all are the same 404, as everywhere."""
        raise Http404

    # --- history: the organization's audit, and never Django's log, which knows no organizations ---

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        return None

    def log_deletion(self, request: HttpRequest, obj: Model, object_repr: str) -> Any:
        return None

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return None

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        here = entered(request)
        if Permission.SEE_AUDIT not in here.permissions or not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        about = AuditEntry.objects.filter(
            organization=here.organization, object_type=self.opts.model_name, object_id=row.pk
        )
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {row}",
            "subtitle": None,
            "entries": about.order_by("-at", "-id")[:MOST_HISTORY],
            "module_name": str(capfirst(self.opts.verbose_name_plural)),
            "object": row,
            "opts": self.opts,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.object_history_template, context)
