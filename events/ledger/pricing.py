"""What a model call costs where the tool doesn't say: an estimate from the published prices of `genai-prices`."""

from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from importlib.metadata import version
from typing import NamedTuple

from genai_prices import Usage, calc_price
from genai_prices.types import ConditionalPrice, ModelPrice, StartDateConstraint, TieredPrices

from events.schema import Response

PRICES = f"genai-prices {version('genai-prices')}"
"""Stored with every estimate, so that a page can say which prices it stands on."""

_MICRO = Decimal(1_000_000)
_PARTS = 10**12


def estimate_micros(event: Response) -> int | None:
    """Micro-USD of one call, or None where the model has no published price."""
    if event.model is None:
        return None
    rates = _rates(event.model, event.at.astimezone(UTC).date())
    if rates is None:
        return None
    prompt = event.input_tokens + event.cache_read_tokens + event.cache_write_tokens
    # A metric's increase spans many calls: its size says nothing about the prompt of any of them.
    if prompt > rates.ceiling and event.requests:
        return _exact(event)
    micros, rest = divmod(
        event.input_tokens * rates.input
        + event.output_tokens * rates.output
        + event.cache_read_tokens * rates.cache_read
        + event.cache_write_tokens * rates.cache_write,
        _PARTS,
    )
    # Half to even, as the exact way rounds.
    return micros + (rest * 2 > _PARTS - (micros & 1))


class _Rates(NamedTuple):
    """`_PARTS` of a micro-USD per token, for prompts up to `ceiling` tokens; above it the price is computed call by
    call. Whole numbers, which are exact and as quick as floats."""

    ceiling: int
    input: int
    output: int
    cache_read: int
    cache_write: int


_ALWAYS_EXACT = _Rates(-1, 0, 0, 0, 0)
_UNLIMITED = 2**62


@lru_cache(maxsize=4096)
def _rates(model: str, day: date) -> _Rates | None:
    """The price where it is a plain sum; None where there is none.

    A published calculation costs 100-400 µs a call; this keeps it off the hot path.
    """
    noon = datetime.combine(day, time(12), UTC)
    try:
        price = calc_price(Usage(input_tokens=0, output_tokens=0), model_ref=model, genai_request_timestamp=noon)
    except (LookupError, ValueError):
        return None
    if not _is_one_price_a_day(price.model.prices):
        return _ALWAYS_EXACT
    found = price.model_price
    parts = [found.input_mtok, found.output_mtok, found.cache_read_mtok, found.cache_write_mtok]
    ceiling = min(
        (tier.start for part in parts if isinstance(part, TieredPrices) for tier in part.tiers), default=_UNLIMITED
    )
    input_, output, *cached = (part.base if isinstance(part, TieredPrices) else part for part in parts)
    # A cache token without a price of its own is billed as plain input.
    rates = [input_ or 0, output or 0, *(input_ or 0 if part is None else part for part in cached)]
    return _Rates(ceiling, *(int(rate * _PARTS) for rate in rates))


def _is_one_price_a_day(prices: ModelPrice | list[ConditionalPrice]) -> bool:
    """Whether it can only change from one day to the next; some models are cheaper at night."""
    if isinstance(prices, ModelPrice):
        return True
    return all(price.constraint is None or isinstance(price.constraint, StartDateConstraint) for price in prices)


def _exact(event: Response) -> int | None:
    usage = Usage(
        input_tokens=event.input_tokens + event.cache_read_tokens + event.cache_write_tokens,
        cache_read_tokens=event.cache_read_tokens,
        cache_write_tokens=event.cache_write_tokens,
        output_tokens=event.output_tokens,
    )
    try:
        price = calc_price(usage, model_ref=event.model or "", genai_request_timestamp=event.at)
    except (LookupError, ValueError):
        return None
    return int((price.total_price * _MICRO).to_integral_value(ROUND_HALF_EVEN))
