"""`/api/v1/teams/` and `/api/v1/repositories/`: what numbers and pull requests can be asked by."""

from typing import Any

from events.api.query.parameters import Parameters
from events.api.query.views import QueryView
from events.api.schema import document_repositories, document_teams
from events.queries.people import groups_of
from events.queries.pull_requests import named_repositories
from teams.readers import Reader


@document_teams
class TeamsView(QueryView):
    """Every team, by name. `people`: with everybody in the teams below it; bots left out."""

    def answer(self, reader: Reader, asked: Parameters, **named: Any) -> dict[str, Any]:
        groups = groups_of(reader.organization.id)
        return {"rows": [{"slug": one.slug, "name": one.name, "people": len(one.people)} for one in groups]}


@document_repositories
class RepositoriesView(QueryView):
    """Connected repositories, by name."""

    def answer(self, reader: Reader, asked: Parameters, **named: Any) -> dict[str, Any]:
        rows = named_repositories(reader.organization)
        return {"rows": [{"id": one.id, "name": one.full_name, "key": one.key} for one in rows]}
