"""What runs in the background for people and organizations. Each task is one call, and safe to run twice."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from codecard.lib.tenant import tenant
from teams import invitation_mails
from teams.models import Organization, User
from teams.queries.invitations import has_waiting


@shared_task(acks_late=True)
def send_invitations(*, organization_id: int, base_url: str) -> None:
    """Mails what waits. The links are made while they are mailed, so that no queue holds one."""
    organization = Organization.objects.filter(id=organization_id).first()
    if organization:
        invitation_mails.send_invitations(organization, base_url=base_url, now=timezone.now())


@shared_task(acks_late=True)
def continue_invitations() -> None:
    """Takes up what a lost queue or a mail server that was down left behind. Needs BASE_URL: here no request says where
    the links lead."""
    now = timezone.now()
    for organization in Organization.objects.all() if settings.BASE_URL else ():
        with tenant(organization.id):
            waits = has_waiting(organization, now)
        if waits:
            send_invitations.delay(organization_id=organization.id, base_url=settings.BASE_URL)


@shared_task(acks_late=True, autoretry_for=(OSError,), retry_backoff=30, max_retries=5)
def tell_inviter(*, organization_id: int, invitation_id: int, inviter_id: int, base_url: str) -> None:
    organization = Organization.objects.filter(id=organization_id).first()
    inviter = User.objects.filter(id=inviter_id, is_active=True).first()
    if organization and inviter:
        invitation_mails.tell_inviter(organization, invitation_id=invitation_id, inviter=inviter, base_url=base_url)
