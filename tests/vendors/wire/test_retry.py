"""The retry policy's arithmetic: every branch, and bounds for any dice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxctl.vendors.wire.retry import GiveUp, RetryPolicy, Setback, is_transient, retry_after_s

POLICY = RetryPolicy()
DICE = st.floats(min_value=0.0, max_value=1.0, exclude_max=True)
EPOCH = "Thu, 01 Jan 1970 00:00:00 GMT"


def after(attempt: int, *, asked: float | None = None, dice: float = 0.5) -> float | GiveUp:
    """Return the policy's verdict on a repeatable request that was surely not executed."""
    setback = Setback("HTTP 429", not_executed=True, retry_after_s=asked)
    return POLICY.after(setback, attempt=attempt, repeatable=True, random=lambda: dice)


@given(attempt=st.integers(1, 4), dice=DICE)
def test_jitter_is_full_and_bounded_by_a_doubling_span(attempt: int, dice: float) -> None:
    """The wait is the dice's part of 0.5, 1, 2, 4 s."""
    assert after(attempt, dice=dice) == pytest.approx(dice * 0.5 * 2 ** (attempt - 1))


@given(attempt=st.integers(1, 90), dice=DICE)
def test_no_wait_without_retry_after_is_longer_than_16_s(attempt: int, dice: float) -> None:
    """The span stops doubling at the cap."""
    setback = Setback("HTTP 503", not_executed=False)
    wait = RetryPolicy(attempts=100).after(setback, attempt=attempt, repeatable=True, random=lambda: dice)
    assert isinstance(wait, float)
    assert 0.0 <= wait <= min(16.0, 0.5 * 2.0 ** (attempt - 1))


@given(attempt=st.integers(1, 4), dice=DICE, asked=st.floats(0.0, 60.0))
def test_retry_after_is_a_minimum(attempt: int, dice: float, asked: float) -> None:
    """A wait is never shorter than what the vendor asked for."""
    wait = after(attempt, asked=asked, dice=dice)
    assert isinstance(wait, float)
    assert wait >= asked
    assert wait == pytest.approx(max(asked, dice * 0.5 * 2 ** (attempt - 1)))


def test_fifth_attempt_is_the_last() -> None:
    """The policy counts attempts, not retries."""
    assert isinstance(after(4), float)
    assert after(5) == GiveUp("gave up after 5 attempts")


def test_too_long_a_retry_after_ends_it_at_once() -> None:
    """Beyond a minute vaxctl does not wait, and says so."""
    given_up = after(1, asked=61.0)
    assert given_up == GiveUp(
        "gave up after 1 attempt: it asks to wait 61 s, longer than the 60 s vaxctl waits"
    )


@pytest.mark.parametrize("not_executed", [True, False])
def test_what_must_not_be_repeated_is_retried_only_when_surely_not_executed(*, not_executed: bool) -> None:
    """A create that may have been executed is not sent twice."""
    setback = Setback("no answer", not_executed=not_executed)
    verdict = POLICY.after(setback, attempt=1, repeatable=False, random=lambda: 0.5)
    assert (verdict == 0.25) is not_executed
    assert isinstance(verdict, GiveUp) is not not_executed
    assert not isinstance(verdict, GiveUp) or verdict.must_not_repeat


@pytest.mark.parametrize(
    ("status", "transient"),
    [
        (408, True),
        (429, True),
        (500, True),
        (503, True),
        (599, True),
        (200, False),
        (301, False),
        (400, False),
        (401, False),
        (409, False),
        (422, False),
    ],
)
def test_which_statuses_may_pass(status: int, *, transient: bool) -> None:
    """408, 429 and the 5xx only."""
    assert is_transient(status) is transient


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "Thu, 01 Jan 1970 00:02:00 GMT"}, 20.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:02:00 -0000"}, 20.0),
        ({"retry-after": EPOCH}, 0.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:02:00 GMT", "date": "Thu, 01 Jan 1970 00:01:57 GMT"}, 3.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:02:00 GMT", "date": "nonsense"}, 20.0),
        ({"retry-after": "Thu, 01 Jan 99999999999999999999 00:02:00 GMT"}, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(headers: dict[str, str], seconds: float | None) -> None:
    """Dates count from the answer's own clock where it shows one; what is garbled asks for nothing."""
    assert retry_after_s(headers, now=100.0) == seconds


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_header_is_read_without_a_crash(asked: str, date: str) -> None:
    """A vendor, or what stands in front of it, can send anything."""
    wait = retry_after_s({"retry-after": asked, "date": date}, now=0.0)
    assert wait is None or wait >= 0.0
