from django.db import models
from django.utils import timezone

from teams.models.organization import Organization
from teams.models.user import User


class DeviceRequest(models.Model):
    """A machine that asks for keys, until somebody who is signed in says yes or no (RFC 8628). Both of its codes are
    kept as digests only.

    No row wall: it is asked before any organization is known, and found by a code that nobody can guess in its time.
    """

    id = models.BigAutoField(primary_key=True)
    device_digest = models.BinaryField(max_length=32, unique=True)
    user_digest = models.BinaryField(max_length=32, unique=True)
    # What the machine says of itself, shown to whoever decides.
    host = models.CharField(max_length=100)
    client_version = models.CharField(max_length=40)
    # Besides sending, which it always may.
    may_read = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    # Who decided; and where it may send, without a constraint: an organization can be erased in those minutes.
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    sends_to = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, db_constraint=False, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    denied_at = models.DateTimeField(null=True)
    # When the keys were handed over: once.
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="device_request_by_end")]

    def __str__(self) -> str:
        return f"code-card on {self.host}"
