"""The end of a person in the data of an organization: their names, keys and teams. The user and the membership stay."""

from django.db.models import Q

from teams.models import Contributor, Identity, IdentityMove, Key, Organization


def forget_person(*, organization: Organization, contributor: Contributor) -> None:
    """Deletes the contributor and everything that names them, except audit entries. Inside the tenant, once nothing
    else refers to them; the caller has raised the identity epoch."""
    here = {"organization": organization}
    IdentityMove.objects.filter(Q(giver_id=contributor.id) | Q(taker_id=contributor.id), **here).delete()
    Identity.objects.filter(**here, contributor=contributor).delete()
    Key.objects.filter(**here, contributor=contributor).delete()
    Contributor.objects.filter(**here, id=contributor.id).delete()
