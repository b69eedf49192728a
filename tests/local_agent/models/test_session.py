"""Opening models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local_agent.errors import ModelCorrupt
from local_agent.models import model_path
from local_agent.models.session import open_session

if TYPE_CHECKING:
    from pathlib import Path


def test_the_default_model_opens_on_one_thread() -> None:
    """Silero v6 opens, and asks for no more than one thread."""
    session = open_session(model_path("silero_v6"))
    assert session.get_session_options().intra_op_num_threads == 1
    assert [value.name for value in session.get_inputs()] == ["input", "state", "sr"]


def test_what_is_no_model_is_said_to_be_none(tmp_path: Path) -> None:
    """Bytes and files that onnxruntime refuses become one error of ours."""
    (tmp_path / "x.onnx").write_bytes(b"no model")
    for source in (b"no model", tmp_path / "x.onnx"):
        with pytest.raises(ModelCorrupt, match="cannot open"):
            open_session(source)
