"""The estimate is the published calculation's, to the micro-dollar, although most calls never go through it."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN
from importlib.metadata import version
from typing import Any

import pytest
from genai_prices import Usage, calc_price
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelPrice
from hypothesis import given
from hypothesis import strategies as st

from events.ledger.pricing import PRICES, estimate_micros
from events.schema import Response
from tests.events.ledger.books import NOW

_MODELS = [model for provider in get_snapshot().providers for model in provider.models]
NAMES = sorted({model.id for model in _MODELS})
OFTEN = ["claude-sonnet-4-5", "claude-opus-4-6", "gpt-5.1", "gpt-5.1-codex", "gemini-2.5-pro", "gemini-3-pro-preview"]
BY_TIME = sorted({model.id for model in _MODELS if not isinstance(model.prices, ModelPrice)})
TOKENS = st.integers(0, 3_000) | st.integers(0, 2_000_000)


def call(model: str | None, **fields: Any) -> Response:
    return Response(**{"id": "a", "at": NOW, "tool": "t", "model": model, **fields})


def published_micros(event: Response) -> int:
    usage = Usage(
        input_tokens=event.input_tokens + event.cache_read_tokens + event.cache_write_tokens,
        cache_read_tokens=event.cache_read_tokens,
        cache_write_tokens=event.cache_write_tokens,
        output_tokens=event.output_tokens,
    )
    price = calc_price(usage, model_ref=event.model or "", genai_request_timestamp=event.at)
    return int((price.total_price * 1_000_000).to_integral_value(ROUND_HALF_EVEN))


@given(
    model=st.sampled_from(OFTEN) | st.sampled_from(NAMES) | st.sampled_from(BY_TIME),
    at=st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - its zone is given
    tokens=st.fixed_dictionaries(
        dict.fromkeys(("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"), TOKENS)
    ),
)
def test_a_call_costs_what_the_published_calculation_says(model: str, at: datetime, tokens: dict[str, int]) -> None:
    event = call(model, at=at, **tokens)
    try:
        expected = published_micros(event)
    except (LookupError, ValueError):
        assert estimate_micros(event) is None
    else:
        assert estimate_micros(event) == expected


@pytest.mark.parametrize("model", ["gpt-5.1", "claude-sonnet-4-5", "gemini-2.5-pro", "o3-mini"])
@pytest.mark.parametrize("name", ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"])
@pytest.mark.parametrize("tokens", [1, 3, 5, 7, 4999])
def test_each_kind_of_token_has_its_price_and_halves_go_to_even(model: str, name: str, tokens: int) -> None:
    event = call(model, **{name: tokens})
    assert estimate_micros(event) == published_micros(event)


def test_a_long_prompt_is_priced_by_its_tier() -> None:
    short, long = (call("gemini-2.5-pro", input_tokens=tokens) for tokens in (200_000, 200_001))
    assert estimate_micros(short) == 250_000
    assert estimate_micros(long) == published_micros(long) == 500_002


def test_what_is_cached_counts_into_the_length_of_the_prompt() -> None:
    event = call("gemini-2.5-pro", input_tokens=1, cache_read_tokens=200_000)
    assert estimate_micros(event) == published_micros(event)
    plain = estimate_micros(call("gemini-2.5-pro", cache_read_tokens=200_000))
    assert plain is not None
    assert (estimate_micros(event) or 0) > plain + 2


def test_an_increase_over_many_calls_says_nothing_about_the_length_of_their_prompts() -> None:
    event = call("gemini-2.5-pro", input_tokens=2_000_000, requests=0)
    assert estimate_micros(event) == 2_500_000


@pytest.mark.parametrize("model", ["a-model-without-a-price", None, "", "\x00", "gpt" * 60])
def test_a_model_without_a_price_has_no_estimate(model: str | None) -> None:
    assert estimate_micros(call(model, input_tokens=10)) is None


def test_a_new_price_begins_at_midnight_in_utc_wherever_the_sender_is() -> None:
    event = call(
        "claude-opus-4-6", input_tokens=300_000, at=datetime(2026, 3, 13, 1, tzinfo=timezone(timedelta(hours=5)))
    )
    later = call("claude-opus-4-6", input_tokens=300_000, at=datetime(2026, 3, 13, 1, tzinfo=UTC))
    assert estimate_micros(event) == published_micros(event) == 3_000_000
    assert estimate_micros(later) == published_micros(later) == 1_500_000


def test_says_which_prices_an_estimate_stands_on() -> None:
    assert f"genai-prices {version('genai-prices')}" == PRICES
