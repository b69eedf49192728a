"""Slots to one vendor: the gap kept, widened after 429, and let go again."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from vaxctl.vendors.wire.endpoint import Endpoint
from vaxctl.vendors.wire.pacing import Pacer, gaps_for
from vaxctl.vendors.wire.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def paced(clock: Any) -> Callable[..., Pacer]:
    """Return a maker of pacers on the fake clock."""
    return lambda **gaps_s: Pacer(gaps_s, sleep=clock.sleep, monotonic=clock.monotonic)


def test_first_request_goes_at_once_and_the_next_after_the_gap(
    paced: Callable[..., Pacer], clock: Any
) -> None:
    """The gap counts from slot to slot, so time spent elsewhere is not waited for again."""
    pacer = paced(vapi=0.7)
    pacer.wait("vapi")
    assert clock.slept == []
    clock.time += 0.5
    pacer.wait("vapi")
    assert clock.slept == [pytest.approx(0.2)]


def test_vendors_do_not_wait_for_each_other(paced: Callable[..., Pacer], clock: Any) -> None:
    """Each vendor has its own slots, and one without a pace has no wait, whatever it answers."""
    pacer = paced(vapi=0.7, retell=0.0)
    pacer.wait("vapi")
    for _ in range(3):
        slot = pacer.wait("retell")
        pacer.throttled("sandbox", pacer.wait("sandbox"))
        pacer.succeeded("sandbox")
    assert clock.slept == []
    assert slot == clock.time
    assert pacer.gap_s("sandbox") == 0.0


def test_throttling_doubles_the_gap_between_a_tenth_and_five_seconds(
    paced: Callable[..., Pacer], clock: Any
) -> None:
    """A vendor that publishes no rate is slowed by its own 429s, up to a cap."""
    pacer = paced(retell=0.0)
    gaps = []
    for _ in range(8):
        pacer.throttled("retell", pacer.wait("retell"))
        gaps.append(pacer.gap_s("retell"))
    assert gaps == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert clock.slept == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0])


def test_requests_throttled_together_double_the_gap_once(paced: Callable[..., Pacer], clock: Any) -> None:
    """Four 429s of one burst are one piece of news."""
    pacer = paced(vapi=0.7)
    slots = [pacer.wait("vapi") for _ in range(4)]
    clock.time += 1.0
    for slot in slots:
        pacer.throttled("vapi", slot)
    assert pacer.gap_s("vapi") == 1.4


def test_widened_gap_shrinks_back_to_the_published_one(paced: Callable[..., Pacer]) -> None:
    """Successes let the gap go, seven of them half of it, and it never falls below the vendor's own."""
    pacer = paced(vapi=0.7)
    pacer.throttled("vapi", pacer.wait("vapi"))
    for _ in range(7):
        pacer.succeeded("vapi")
    assert 0.7 + 0.3 < pacer.gap_s("vapi") < 0.7 + 0.4
    for _ in range(60):
        pacer.succeeded("vapi")
    assert pacer.gap_s("vapi") == 0.7


def test_threads_get_slots_of_their_own(clock: Any) -> None:
    """No two threads share a slot, and none is lost, though each is interrupted while it books one."""

    class InterruptingGap(float):
        def __radd__(self, slot: float) -> float:
            time.sleep(0.001)
            return slot + float(self)

    pacer = Pacer({"vapi": InterruptingGap(0.7)}, sleep=lambda _: None, monotonic=clock.monotonic)
    slots: list[float] = []
    threads = [threading.Thread(target=lambda: slots.append(pacer.wait("vapi"))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(slots) == pytest.approx([clock.time + 0.7 * n for n in range(20)])


def test_gaps_are_the_published_ones_but_for_loopback_and_the_embedded_sandbox(
    endpoints: dict[str, Endpoint],
) -> None:
    """Pacing protects a vendor; this machine needs none."""
    assert gaps_for(endpoints, embedded=False) == {"retell": 0.0, "vapi": 0.7}
    assert gaps_for(endpoints, embedded=True) == {}
    here = {"vapi": Endpoint("vapi", "http://127.0.0.1:9", Secret("k"))}
    assert gaps_for(here, embedded=False) == {}
