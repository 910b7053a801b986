"""The instance's GitHub App: made by an operator, once. GitHub makes it from a manifest and hands the secrets over, or
they are typed in. Secrets are sealed, and never shown again."""

import json
from typing import Any

from csp.decorators import csp_update
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from codecard.lib.sealing import seal
from events.models import GitHubApp
from events.pulls.github.manifest import ManifestError, converted, manifest

SECRETS = ("client_secret", "private_key", "webhook_secret")
_SALT = "codecard.github.manifest"
_SECONDS = 3600


class GitHubAppForm(forms.ModelForm):  # type: ignore[type-arg]
    """An empty secret of an App that is there stays as it was."""

    client_secret = forms.CharField(max_length=500, required=False, widget=forms.PasswordInput)
    webhook_secret = forms.CharField(max_length=500, required=False, widget=forms.PasswordInput)
    private_key = forms.CharField(
        max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off"}),
        help_text="The whole file that GitHub gave, from “-----BEGIN” to “-----END”.",
    )  # fmt: skip

    class Meta:
        model = GitHubApp
        fields = ("name", "slug", "app_id", "client_id", *SECRETS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept = {name: getattr(self.instance, name) for name in SECRETS}
        for name in SECRETS:
            self.initial[name] = ""
            self.fields[name].required = not self._kept[name]

    def clean_private_key(self) -> str:
        given: str = self.cleaned_data["private_key"].strip()
        if given and not given.startswith("-----BEGIN"):
            raise forms.ValidationError("This is not a private key in PEM form.")
        return given

    def save(self, commit: bool = True) -> Any:
        for name in SECRETS:
            given = self.cleaned_data[name]
            setattr(self.instance, name, seal(given) if given else self._kept[name])
        return super().save(commit)


@admin.register(GitHubApp)
class GitHubAppAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = GitHubAppForm
    list_display = ("name", "app_id", "slug", "created_at")
    change_list_template = "admin/github_apps.html"

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("make/", self.admin_site.admin_view(self.make), name="github_app_make"),
            path("made/", self.admin_site.admin_view(self.made), name="github_app_made"),
        ]
        return [*own, *super().get_urls()]

    @method_decorator(csp_update({"form-action": [settings.GITHUB_URL]}))
    @method_decorator(require_safe)
    def make(self, request: HttpRequest) -> HttpResponse:
        """Posts the manifest to GitHub, which makes the App and comes back."""
        if not self.has_add_permission(request):
            return redirect("admin:index")
        owner = "".join(
            sign for sign in request.GET.get("owner", "") if sign.isascii() and (sign.isalnum() or sign == "-")
        )
        at = f"/organizations/{owner}/settings/apps/new" if owner else "/settings/apps/new"
        state = signing.dumps(request.user.pk, salt=_SALT)
        context = self.admin_site.each_context(request) | {
            "title": "Make the GitHub App",
            "owner": owner,
            "address": f"{settings.GITHUB_URL}{at}?state={state}",
            "manifest": json.dumps(manifest(request.build_absolute_uri("/").rstrip("/"))),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/github_app_make.html", context)

    @method_decorator(require_safe)
    def made(self, request: HttpRequest) -> HttpResponse:
        """GitHub comes back with a code, for which it hands the secrets over once."""
        try:
            by = signing.loads(request.GET.get("state", ""), salt=_SALT, max_age=_SECONDS)
            if by != request.user.pk or not self.has_add_permission(request):
                raise signing.BadSignature
            app = converted(request.GET.get("code", ""))
        except signing.BadSignature:
            messages.error(request, "This link from GitHub is too old, or not for you. Make the App again.")
        except ManifestError as error:
            messages.error(request, str(error))
        else:
            app.save()
            self.log_addition(request, app, "Made from the manifest.")
            messages.success(request, f"{app.name} is made. Organizations can install it from their settings now.")
        return redirect("admin:events_githubapp_changelist")
