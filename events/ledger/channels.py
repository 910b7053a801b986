"""Which channels tell the same facts more poorly than another: what a better one supersedes."""

from functools import cache

from events.schema import Kind
from events.sources import all_sources, code_card


@cache
def poorer_channels(kind: Kind, rank: int) -> dict[int, str]:
    """Number of each channel that ranks below `rank` for a kind -> the name of its source."""
    channels = [(channel, source.name) for source in all_sources() for channel in source.channels]
    channels.append((code_card.CHANNEL, code_card.NAME))
    return {channel.number: name for channel, name in channels if channel.rank_of(kind) > rank}
