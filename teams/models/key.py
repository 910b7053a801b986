"""Keys of machines: what a tool sends events with, what a script reads numbers with."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from teams.models.contributor import Contributor
from teams.models.organization import OrganizationRow
from teams.models.user import User


class KeyKind(models.TextChoices):
    INGEST = "ingest", "Ingest key"
    API = "api", "API token"


class Key(OrganizationRow):
    """Only the digest of the secret is kept; the secret is shown once, when the key is made (`teams.keys`).

    With a contributor it is that person's key, without it is the organization's.
    """

    kind = models.CharField(max_length=16, choices=KeyKind)
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, editable=False)
    digest = models.BinaryField(max_length=32)
    # RESTRICT: a person's key must never turn into the organization's because the person went.
    contributor = models.ForeignKey(
        Contributor,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="keys",
    )
    scopes = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    # The key whose place this one takes; both work until the older one expires.
    replaces = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta(OrganizationRow.Meta):
        constraints = [
            *OrganizationRow.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "digest"], name="key_digest_once"),
        ]
        indexes = [
            models.Index(fields=["digest"], name="key_by_digest"),
            models.Index(fields=["organization", "contributor"], name="key_of_contributor"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_usable(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
