"""What other apps hear of people. Sent synchronously inside the transaction; a receiver that raises takes it back."""

from django.dispatch import Signal

identities_moved = Signal()
"""Arguments `organization_id`, `giver_id`, `taker_id`, `identity_ids`, `is_whole`: what is known by these identities of
the giver now belongs to the taker; all of the giver's if `is_whole`. Sent inside the tenant, after the identities moved
and before a giver that goes is deleted."""

name_added = Signal()
"""Arguments `organization_id`, `contributor_id`: somebody is known by one more name, which was nobody's. Sent inside
the tenant."""
