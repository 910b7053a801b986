"""Making the sample's organization, teams, people and keys; what they did is sent afterwards."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import salted_hmac

from codecard.lib.tenant import tenant
from events.sample.github import connect
from events.sample.state import PEOPLE, SEED, WEEKS, State
from events.simulation.forge.world import account_of
from events.simulation.people import DOMAIN, ORGANIZATION, TEAMS, Person
from teams import actions, audit, queries, slugs
from teams.keys import PREFIXES, digest_of, shown_prefix
from teams.models import (
    Contributor,
    Identity,
    IdentityKind,
    Invitation,
    Key,
    KeyKind,
    Membership,
    Organization,
    Role,
    Team,
    User,
)

_SLUG = "sample"
_SECRET_LENGTH = 43
_SECOND_NAMES = (
    (IdentityKind.GITHUB, "github", "{first}-{last}"),
    (IdentityKind.GIT_AUTHOR, "git", "{email}"),
    (IdentityKind.EMAIL, "codex", "{first}.{last}@home.invalid"),
)


def sample_organization() -> Organization | None:
    """The sample that is there, those on their way out left aside."""
    rows = Organization.objects.filter(is_sample=True).exclude(settings__sample__is_retired=True)
    return rows.order_by("id").first()


@transaction.atomic
def create(*, now: datetime, seed: int = SEED, people: int = PEOPLE, weeks: int = WEEKS) -> Organization:
    """The sample's organization, or the one that is there. Its newest day is the one before `now`."""
    if found := sample_organization():
        return found
    state = State(seed, people, weeks, until=now.date())
    is_free = slugs.is_free(_SLUG)
    organization = actions.create_organization(
        name=ORGANIZATION,
        slug=_SLUG if is_free else "",
        time_zone="Europe/Berlin",
        is_sample=True,
        settings=state.as_settings(),
        by=None,
        now=now,
    )
    organization.stores_titles = True
    organization.save(update_fields=["stores_titles"])
    with tenant(organization.id):
        teams = _make_teams(organization, now)
        people_of_keys = [(person, _make_person(organization, person, teams, now)) for person in state.simulation.cast]
        _make_keys(organization, people_of_keys, now)
        _make_second_names([contributor for person, contributor in people_of_keys if person.team], now)
        _make_logins(people_of_keys, now)
        connect(organization, secret_of(organization.id, "github"), now=now)
        _make_invitations(organization, list(teams.values()), now)
        audit.record(organization, "sample.created", organization, by=None, now=now, people=people, weeks=weeks)
    return organization


def _make_teams(organization: Organization, now: datetime) -> dict[str, Team]:
    made: dict[str, Team] = {}
    for team in TEAMS:
        parent = made[team.parent] if team.parent else None
        made[team.slug] = actions.create_team(
            organization=organization, name=team.name, slug=team.slug, parent=parent, by=None, now=now
        )
    return made


def _make_person(
    organization: Organization, person: Person, teams: dict[str, Team], now: datetime
) -> Contributor | None:
    """None for whom nobody added: they come into being when their tools are heard of."""
    if person.is_bot:
        return Contributor.objects.create(
            organization=organization, display_name=person.name, is_bot=True, created_at=now
        )
    if not person.is_member:
        return None
    user = User.objects.filter(email=person.email).first() or User.objects.create_user(
        person.email, name=person.name, time_zone=person.zone
    )
    actions.add_member(organization=organization, user=user, role=Role(person.role), by=None, now=now)
    contributor = queries.contributor_of(organization, user)
    if contributor is not None and person.is_working:
        is_lead = person.role == "lead"
        actions.join_team(team=teams[person.team], contributor=contributor, is_lead=is_lead, by=None, now=now)
    return contributor


def _make_second_names(people: list[Contributor | None], now: datetime) -> None:
    """The same people under names that nobody has connected with them yet: a login, an author of commits, a private
    address. What an admin finds on the first day."""
    chosen = [person for person in people if person and person.user][6 : 6 + len(_SECOND_NAMES)]
    for contributor, (kind, told_by, shape) in zip(chosen, _SECOND_NAMES, strict=False):
        first, _, last = contributor.display_name.lower().partition(" ")
        value = shape.format(first=first, last=last, email=contributor.user.email if contributor.user else "")
        unclaimed = Contributor.objects.create(
            organization=contributor.organization, display_name=value.partition("@")[0], created_at=now
        )
        Identity.objects.create(
            organization=contributor.organization, contributor=unclaimed, kind=kind, value=value, sources=[told_by],
            last_seen_at=now - timedelta(days=2), created_at=now - timedelta(days=30),
        )  # fmt: skip


def _make_logins(people: list[tuple[Person, Contributor | None]], now: datetime) -> None:
    """Whose pull requests are whose: what each of them would enter, or an admin would."""
    Identity.objects.bulk_create(
        Identity(
            organization=contributor.organization, contributor=contributor, kind=IdentityKind.GITHUB,
            value=account_of(person).login, sources=["github"], last_seen_at=now, created_at=now,
        )
        for person, contributor in people
        if contributor is not None and person.is_member and not person.is_bot
    )  # fmt: skip


def _make_invitations(organization: Organization, teams: list[Team], now: datetime) -> None:
    """One sent to an address, one link for several, one that has expired. Nobody has their tokens."""
    admins = Membership.objects.filter(organization=organization, role=Role.ADMIN)
    by = User.objects.filter(id__in=admins.values("user")).first()
    common = {"organization": organization, "role": Role.DEVELOPER, "invited_by": by, "created_at": now, "sent_at": now}
    for digest, fields in (
        ("address", {"email": f"new.colleague@{DOMAIN}", "team": teams[0], "expires_at": now + timedelta(days=7)}),
        ("link", {"most_uses": 10, "uses": 3, "expires_at": now + timedelta(days=30)}),
        ("expired", {"email": f"too.late@{DOMAIN}", "expires_at": now - timedelta(days=1)}),
    ):
        token = secret_of(organization.id, f"invitation:{digest}")
        Invitation.objects.create(digest=digest_of(token), **{**common, **fields})


def _make_keys(organization: Organization, people: list[tuple[Person, Contributor | None]], now: datetime) -> None:
    keys = [_key(organization, "organization", "All tools of the sample", None, now)]
    for person, contributor in people:
        if person.telling == "key":
            keys.append(_key(organization, person.sender, f"{person.name}: laptop", contributor, now))
        if person.has_second_key:
            keys.append(_key(organization, person.second_sender, f"{person.name}: desktop", contributor, now))
    Key.objects.bulk_create(keys)


def _key(organization: Organization, sender: str, name: str, contributor: Contributor | None, now: datetime) -> Key:
    secret = secret_of(organization.id, sender)
    return Key(
        organization=organization, kind=KeyKind.INGEST, name=name[:100], prefix=shown_prefix(secret),
        digest=digest_of(secret), contributor=contributor, created_at=now,
    )  # fmt: skip


def secret_of(organization_id: int, sender: str) -> str:
    """The secret of a sample's key, derived anew by whoever goes on filling: secrets are kept nowhere."""
    token = salted_hmac("codecard.sample", f"{organization_id}:{sender}", algorithm="sha256").hexdigest()
    return PREFIXES[KeyKind.INGEST] + token[:_SECRET_LENGTH]
