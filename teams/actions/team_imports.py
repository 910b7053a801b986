"""Carries out an import of teams as it was shown, or not at all."""

from collections.abc import Iterable
from datetime import datetime

from codecard.lib.tenant import tenant
from teams import audit
from teams.actions.teams import lock_teams
from teams.imports.lines import Source
from teams.imports.plan import Name, PersonNode, Plan, Seat, Snapshot, TeamNode, TeamThere, make_plan, names_in
from teams.models import Contributor, Identity, Organization, Team, TeamMembership, User


class PlanChangedError(Exception):
    """The organization is not what it was when the plan was shown. `plan` is the one of now."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("The organization changed since the preview was made.")
        self.plan = plan


def plan_import(organization: Organization, source: Source) -> Plan:
    """What would change now. Inside the tenant; a constant number of statements."""
    return make_plan(source, _snapshot(organization, source))


def apply_import(*, organization: Organization, source: Source, digest: str, by: User | None, now: datetime) -> Plan:
    """Does what the plan with this digest says, in one transaction.

    :raises PlanChangedError: when it would be something else by now. Nothing is done then.
    """
    with tenant(organization.id):
        lock_teams(organization)
        plan = plan_import(organization, source)
        if plan.digest != digest or not _hold_people(organization, plan):
            raise PlanChangedError(plan_import(organization, source))
        rows = _write_teams(organization, plan.teams, by, now)
        people = _write_people(organization, plan.people, by, now)
        _write_seats(organization, plan.seats, rows, people, by, now)
        audit.record(
            organization,
            "teams.imported",
            organization,
            by=by,
            now=now,
            source=source.label,
            changes=len(plan.changes),
            left_out=len(plan.problems),
        )
    return plan


def _snapshot(organization: Organization, source: Source) -> Snapshot:
    rows = Team.objects.filter(organization=organization).order_by("id")
    teams = [TeamThere(*row) for row in rows.values_list("id", "name", "slug", "parent_id", "github_id")]
    wanted = set(names_in(source))
    identities = Identity.objects.filter(
        organization=organization, kind__in={kind for kind, _ in wanted}, value__in={value for _, value in wanted}
    )
    found = identities.order_by("id").values_list("kind", "value", "contributor_id", "contributor__display_name")
    named = [row for row in found if (row[0], row[1]) in wanted]
    owners = {(kind, value): owner for kind, value, owner, _ in named}
    seats = TeamMembership.objects.filter(organization=organization, contributor__in=set(owners.values()))
    members = {(team, person): lead for team, person, lead in seats.values_list("team_id", "contributor_id", "is_lead")}
    return Snapshot(teams, owners, {owner: label for _, _, owner, label in named}, members)


def _hold_people(organization: Organization, plan: Plan) -> bool:
    """Nobody of the plan is merged or deleted until the end of the transaction. False when somebody is gone already."""
    ids = {seat.person.id for seat in plan.seats} | {person.id for person in plan.people}
    known = [one for one in ids if one is not None]
    rows = Contributor.objects.filter(organization=organization, id__in=known).order_by("id")
    return len(rows.select_for_update(no_key=True).values_list("id", flat=True)) == len(known)


def _write_teams(
    organization: Organization, nodes: list[TeamNode], by: User | None, now: datetime
) -> dict[TeamNode, int]:
    """Ids of the teams that are made."""
    new = [node for node in nodes if node.there is None]
    made = Team.objects.bulk_create(
        Team(organization=organization, name=one.name, slug=one.slug, github_id=one.github_id, created_at=now)
        for one in new
    )
    ids = {node: row.id for node, row in zip(new, made, strict=True)}
    rows, entries = [], []
    for node in nodes:
        row = Team(id=_team_id(node, ids), organization=organization, name=node.name, slug=node.slug)
        row.github_id, row.parent_id = node.github_id, _team_id(node.parent, ids) if node.parent else None
        rows.append(row)
        before = {"name": node.there.name, "parent": node.parent_before} if node.there else None
        after = {"name": node.name, "slug": node.slug, "parent": node.parent.name if node.parent else None}
        if node.github_id:
            after["github_id"] = str(node.github_id)
        entries.append(audit.entry(organization, _action(node), row, by=by, now=now, before=before, after=after))
    Team.objects.bulk_update(rows, ["name", "parent", "github_id"], batch_size=500)
    audit.record_all(entries)
    return ids


def _action(node: TeamNode) -> str:
    if node.there is None:
        return "team.created"
    return "team.renamed" if node.is_renamed else "team.nested" if node.is_moved else "team.tied"


def _team_id(node: TeamNode, made: dict[TeamNode, int]) -> int:
    return node.there.id if node.there else made[node]


def _write_people(
    organization: Organization, nodes: list[PersonNode], by: User | None, now: datetime
) -> dict[PersonNode, int]:
    """Whom each stands for. Somebody may have become known by the same name in this moment: then it is them."""
    new = [node for node in nodes if node.id is None]
    made = Contributor.objects.bulk_create(
        Contributor(organization=organization, display_name=node.label, created_at=now) for node in new
    )
    rows = dict(zip(new, made, strict=True))
    ids = {node: node.id or rows[node].id for node in nodes}
    names = [(name, ids[node]) for node in nodes for name in node.new_names]
    Identity.objects.bulk_create(
        (
            Identity(organization=organization, contributor_id=owner, kind=kind, value=value, created_at=now)
            for (kind, value), owner in sorted(names)
        ),
        ignore_conflicts=True,
    )
    owners = _owners(organization, (name for name, _ in names))
    for node in new:
        ids[node] = owners[node.new_names[0]]
    unused = {row.id for row in made} - set(owners.values())
    Contributor.objects.filter(organization=organization, id__in=unused).delete()
    audit.record_all(
        audit.entry(
            organization,
            "contributor.created" if node.id is None else "contributor.identity_added",
            rows.get(node) or Contributor(id=node.id, organization=organization, display_name=node.label),
            by=by,
            now=now,
            before=None,
            after={"identities": [f"{kind}:{value}" for kind, value in node.new_names]},
        )
        for node in nodes
        if ids[node] not in unused
    )
    return ids


def _owners(organization: Organization, names: Iterable[Name]) -> dict[Name, int]:
    values = {value for _, value in names}
    rows = Identity.objects.filter(organization=organization, value__in=values)
    return {(row.kind, row.value): row.contributor_id for row in rows.only("kind", "value", "contributor_id")}


def _write_seats(
    organization: Organization,
    seats: list[Seat],
    teams: dict[TeamNode, int],
    people: dict[PersonNode, int],
    by: User | None,
    now: datetime,
) -> None:
    rows = []
    for seat in seats:
        # With names, so that the audit need not ask for each.
        team = Team(id=_team_id(seat.team, teams), name=seat.team.name)
        person = Contributor(id=people.get(seat.person) or seat.person.id, display_name=seat.person.label)
        row = TeamMembership(organization=organization, team=team, contributor=person)
        row.is_lead, row.created_at = seat.is_lead, now
        rows.append(row)
    made = TeamMembership.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["organization", "team", "contributor"],
        update_fields=["is_lead"],
        batch_size=1000,
    )
    audit.record_all(
        audit.entry(
            organization,
            "team.joined" if seat.was_lead is None else "team.lead_changed",
            row,
            by=by,
            now=now,
            before=None if seat.was_lead is None else {"is_lead": seat.was_lead},
            after={"is_lead": seat.is_lead},
        )
        for seat, row in zip(seats, made, strict=True)
    )
