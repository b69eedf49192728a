"""Laying open values inside an ONNX graph, with no `onnx` package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_agent.denoise.onnx_graph import _encoded, _field, _fields, expose
from local_agent.errors import ModelCorrupt
from local_agent.models.session import open_session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHAPE = (1, 1, 400)


@given(st.integers(0, 2**63 - 1))
def test_numbers_of_any_size_are_read_as_they_are_written(number: int) -> None:
    """The variable-length form of protobuf, there and back."""
    message = _encoded(5 << 3) + _encoded(number) + _field(2, b"after")
    (five, raw, _), (two, after, _) = _fields(message)
    assert (five, two, after) == (5, 2, b"after")
    assert raw == _encoded(number)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_model_or_refused(junk: bytes) -> None:
    """Arbitrary bytes never end in another exception, nor in a loop."""
    try:
        expose(junk, [("x", SHAPE)], [])
    except ModelCorrupt:
        return
    assert 7 not in [number for number, _, _ in _fields(junk)]


def test_states_become_inputs_and_outputs(model: Callable[[str], Path]) -> None:
    """The network opens with both states laid open, beside what it had."""
    exposed = expose(
        model("nsnet2").read_bytes(), [("92", SHAPE), ("155", SHAPE)], [("94", SHAPE), ("157", SHAPE)]
    )
    session = open_session(exposed)
    assert [value.name for value in session.get_inputs()] == ["input", "92", "155"]
    assert [value.name for value in session.get_outputs()] == ["output", "94", "157"]


def test_a_value_that_is_not_there_is_named(model: Callable[[str], Path]) -> None:
    """Another export with other names is told apart from a broken file."""
    with pytest.raises(ModelCorrupt, match="no value 'absent'"):
        expose(model("nsnet2").read_bytes(), [("absent", SHAPE)], [])


def test_a_cut_off_model_is_refused(model: Callable[[str], Path]) -> None:
    """Half a file is no model."""
    whole = model("nsnet2").read_bytes()
    with pytest.raises(ModelCorrupt, match="no ONNX model"):
        expose(whole[: len(whole) // 2], [("92", SHAPE)], [])
