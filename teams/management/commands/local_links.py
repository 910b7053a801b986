"""`manage.py local_links`: sign-in links for one's own machine."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from codecard.lib.tenant import tenant
from teams.models import Membership, Organization, Role, User
from teams.sign_in_links import create_link

FIRST_EMAIL = "you@localhost"
SAMPLE_ROLES = (Role.LEAD, Role.DEVELOPER, Role.ADMIN)


class Command(BaseCommand):
    help = "Prints one-time sign-in links for a lead, a developer and an admin of the sample, else for the first owner."

    def handle(self, *args: Any, **options: Any) -> None:
        base_url = settings.BASE_URL or "http://localhost:8000"
        for label, user in _sample_people() or _first_owner():
            self.stdout.write(f"{label}: {base_url}{create_link(user, now=timezone.now())}")


def _sample_people() -> list[tuple[str, User]]:
    sample = Organization.objects.filter(is_sample=True).order_by("id").first()
    if sample is None:
        return []
    found = ((role, _first(sample, role)) for role in SAMPLE_ROLES)
    return [(f"Sample, {role.label.lower()}", user) for role, user in found if user]


def _first_owner() -> list[tuple[str, User]]:
    """On one's own machine somebody can always sign in: the first sign-in makes their workspace."""
    for organization in Organization.objects.order_by("id").iterator():
        if owner := _first(organization, Role.OWNER):
            return [(f"{organization.name}, owner", owner)]
    if not settings.IS_LOCAL:
        return []
    return [
        ("You", User.objects.filter(email=FIRST_EMAIL).first() or User.objects.create_user(FIRST_EMAIL, name="You"))
    ]


def _first(organization: Organization, role: Role) -> User | None:
    with tenant(organization.id):
        members = Membership.objects.filter(organization=organization, role=role, is_active=True, user__is_active=True)
        row = members.select_related("user").order_by("id").first()
    return row.user if row else None
