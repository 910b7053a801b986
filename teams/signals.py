"""What other apps hear of people. Sent synchronously inside the transaction; a receiver that raises takes it back."""

from django.dispatch import Signal

contributors_merged = Signal()
"""Arguments `organization_id`, `loser_id`, `winner_id`: everything of the loser now belongs to the winner. Sent inside
the tenant, after the identities moved and before the loser's row goes."""
