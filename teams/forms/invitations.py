"""Who is invited, as what, until when."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from teams.forms.selects import LongSelect
from teams.models import Organization, Role, Team
from teams.queries.invitations import State, addresses_taken

MOST = 500
_SHOWN_ERRORS = 50
_NAMED = re.compile(r".*<([^<>]+)>\s*")


class InvitationFilter(forms.Form):
    """Of the query string. What can't be read is left out of the question."""

    q = forms.CharField(label="Search by address or who invited", max_length=254, required=False)
    state = forms.ChoiceField(
        label="State", choices=[("", "Any state"), *((state, state.capitalize()) for state in State)], required=False
    )

    @property
    def wanted(self) -> tuple[State | None, str]:
        self.is_valid()
        state = self.cleaned_data.get("state")
        return State(state) if state else None, self.cleaned_data.get("q", "")


class _Terms(forms.Form):
    """What everybody who is invited together gets."""

    role = forms.ChoiceField(label="Role", choices=Role, initial=Role.DEVELOPER)
    team = forms.ModelChoiceField(
        label="Team",
        queryset=Team.objects.none(),
        required=False,
        empty_label="No team",
        widget=LongSelect,
        help_text="As a lead, they lead it.",
    )
    days = forms.TypedChoiceField(
        label="Open for", choices=[(1, "1 day"), (7, "7 days"), (30, "30 days")], coerce=int, initial=7
    )

    def __init__(self, organization: Organization, data: Any = None, *, may_own: bool, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.organization = organization
        team, role = self.fields["team"], self.fields["role"]
        team.queryset = Team.objects.filter(organization=organization).order_by("name", "id")  # type: ignore[attr-defined]
        if not may_own:
            role.choices = [choice for choice in Role.choices if choice[0] != Role.OWNER]  # type: ignore[attr-defined]

    @property
    def terms(self) -> dict[str, Any]:
        kept = self.cleaned_data
        return {"role": Role(kept["role"]), "team": kept["team"], "days": kept["days"]}


class AddressesForm(_Terms):
    """One address a line, or separated by commas; also `Ada Lovelace <ada@example.com>`, as mail programs copy them."""

    addresses = forms.CharField(
        label="E-mail addresses",
        max_length=MOST * 320,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "placeholder": "ada@example.com"}),
        help_text=f"One a line, up to {MOST}. Each gets a mail with a link that works for this address only.",
    )
    field_order = ("addresses", "role", "team", "days")

    def clean_addresses(self) -> list[str]:
        """In the order they were given, in lower case, each once. Every line that is wrong is named."""
        lines = [line.strip() for line in re.split(r"[\n,;]", self.cleaned_data["addresses"]) if line.strip()]
        if len(lines) > MOST:
            raise ValidationError(f"{len(lines)} addresses are more than the {MOST} that can be invited at once.")
        found: dict[str, None] = {}
        wrong = []
        for number, line in enumerate(lines, 1):
            address = _address(line)
            if address is None:
                wrong.append(f"Line {number}: “{line[:100]}” is no e-mail address.")
            else:
                found[address] = None
        taken = addresses_taken(self.organization, list(found), timezone.now())
        wrong += [f"{address} {why}." for address, why in taken.items()]
        if wrong:
            rest = [f"And {len(wrong) - _SHOWN_ERRORS} more."] if len(wrong) > _SHOWN_ERRORS else []
            raise ValidationError(["Nobody was invited yet.", *wrong[:_SHOWN_ERRORS], *rest])
        return list(found)


def _address(line: str) -> str | None:
    named = _NAMED.fullmatch(line)
    address = (named[1] if named else line).strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        return None
    return address if len(address) <= 254 else None


class LinkForm(_Terms):
    most_uses = forms.IntegerField(
        label="How many people may use it", min_value=1, max_value=500, initial=1, help_text="1 to 500."
    )
    field_order = ("most_uses", "role", "team", "days")
