"""Filters of the list of members, and the role of one."""

from typing import Any

from django import forms

from teams.models import Membership, Role


class MemberFilter(forms.Form):
    """Of the query string. What can't be read is left out of the question."""

    q = forms.CharField(label="Search by name or address", max_length=254, required=False)
    role = forms.ChoiceField(label="Role", choices=[("", "Any role"), *Role.choices], required=False)
    state = forms.ChoiceField(
        label="State", choices=[("", "Any state"), ("active", "Active"), ("off", "Deactivated")], required=False
    )

    @property
    def wanted(self) -> dict[str, Any]:
        self.is_valid()
        kept = self.cleaned_data
        state = {"active": True, "off": False}.get(kept.get("state", ""))
        return {"text": kept.get("q", ""), "role": kept.get("role", ""), "is_active": state}


class RoleForm(forms.Form):
    """`may_own`: whether the one who asks may make owners. Of one's own row a second yes is asked for."""

    role = forms.ChoiceField(label="Role", choices=Role)
    is_sure = forms.BooleanField(label="This is my own role, and I may not be able to take it back")

    def __init__(self, membership: Membership, data: Any = None, *, may_own: bool, is_own: bool) -> None:
        super().__init__(data, initial={"role": membership.role})
        if not may_own:
            self.fields["role"].choices = [choice for choice in Role.choices if choice[0] != Role.OWNER]  # type: ignore[attr-defined]
        if not is_own:
            del self.fields["is_sure"]
