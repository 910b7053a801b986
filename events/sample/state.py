"""How far a sample is, kept in its organization's settings: the row says what is left to do, whoever was killed."""

from datetime import date
from typing import Any, NamedTuple

from django.db import transaction

from events.simulation import Simulation
from teams.models import Organization

SEED, PEOPLE, WEEKS = 20, 36, 26
_KEY = "sample"


class State(NamedTuple):
    seed: int
    people: int
    weeks: int
    until: date
    done: tuple[int, ...] = ()
    """Weeks that were sent, 0 being the newest. `until` is fixed from the start, so that they stay the same."""
    is_retired: bool = False

    @property
    def left(self) -> list[int]:
        """The newest first: dashboards fill at once."""
        return [] if self.is_retired else [week for week in range(self.weeks) if week not in self.done]

    @property
    def simulation(self) -> Simulation:
        return Simulation(self.seed, self.people, self.weeks, self.until)

    def as_settings(self) -> dict[str, Any]:
        return {_KEY: {**self._asdict(), "until": self.until.isoformat()}}


def state_of(organization: Organization) -> State | None:
    """None for an organization that is no sample."""
    kept = organization.settings.get(_KEY)
    if not organization.is_sample or kept is None:
        return None
    return State(**{**kept, "until": date.fromisoformat(kept["until"]), "done": tuple(kept["done"])})


def find_state(organization_id: int) -> State | None:
    """As it is in the database now."""
    organization = Organization.objects.filter(id=organization_id).first()
    return state_of(organization) if organization else None


def change(organization_id: int, *, done: int | None = None, is_retired: bool | None = None) -> State | None:
    """Writes down a week that was sent, or that the sample goes; the state afterwards, None if it is gone already."""
    with transaction.atomic():
        organization = Organization.objects.select_for_update(no_key=True).filter(id=organization_id).first()
        state = state_of(organization) if organization else None
        if organization is None or state is None:
            return None
        if done is not None:
            state = state._replace(done=tuple(sorted({*state.done, done})))
        if is_retired is not None:
            state = state._replace(is_retired=is_retired)
        organization.settings |= state.as_settings()
        organization.save(update_fields=["settings"])
    return state
