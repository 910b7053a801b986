from typing import Any

from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = "Events"

    def ready(self) -> None:
        from codecard.lib.exposition import COLLECTORS  # noqa: PLC0415  models aren't loaded when this file is
        from events.figures import IntakeCollector  # noqa: PLC0415
        from events.ledger.people import move_contributor  # noqa: PLC0415
        from teams.signals import contributors_merged  # noqa: PLC0415

        def follow(sender: Any, organization_id: int, loser_id: int, winner_id: int, **kwargs: Any) -> None:
            move_contributor(organization_id, loser_id, winner_id)

        COLLECTORS.append(IntakeCollector())
        contributors_merged.connect(follow, weak=False, dispatch_uid="events.move_contributor")
