from django.db import models
from django.utils import timezone

from teams.models.user import User


class SignInLink(models.Model):
    """A link that signs one user in once. Only the digest of its token is kept."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=32, unique=True)
    # Whether the token went to the user's mailbox, so that opening it proves the address.
    is_mailed = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Sign-in link of {self.user}"
