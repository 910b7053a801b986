from typing import Any

from django.apps import AppConfig
from django.db import transaction


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = "Events"

    def ready(self) -> None:
        # Models aren't loaded when this file is.
        from codecard.lib.exposition import COLLECTORS  # noqa: PLC0415
        from events.actions.own_data import keep_paused  # noqa: PLC0415
        from events.figures import IntakeCollector  # noqa: PLC0415
        from events.ledger.relocation import begin_relocation  # noqa: PLC0415
        from events.models import ConnectionKind  # noqa: PLC0415
        from events.pulls.github.client import TRANSPORTS  # noqa: PLC0415
        from events.sample.github import transport_of  # noqa: PLC0415
        from events.tasks import relocate  # noqa: PLC0415
        from teams.signals import identities_moved, name_added  # noqa: PLC0415

        def follow(
            sender: Any, organization_id: int, giver_id: int, taker_id: int, identity_ids: list[int], is_whole: bool,
            **kwargs: Any,
        ) -> None:  # fmt: skip
            keep_paused(organization_id, taker_id)
            begun = begin_relocation(organization_id, giver_id, taker_id, identity_ids, is_whole=is_whole)
            if begun.finished_at is None:
                transaction.on_commit(lambda: relocate.delay(organization_id=organization_id), robust=True)

        TRANSPORTS[ConnectionKind.SAMPLE] = transport_of
        COLLECTORS.append(IntakeCollector())

        def cover(sender: Any, organization_id: int, contributor_id: int, **kwargs: Any) -> None:
            keep_paused(organization_id, contributor_id)

        identities_moved.connect(follow, weak=False, dispatch_uid="events.relocate")
        name_added.connect(cover, weak=False, dispatch_uid="events.cover")
