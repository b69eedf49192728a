"""Opening an ONNX model, one thread each: calls are small, and runs are spread over processes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from local_agent.errors import ModelCorrupt

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


def open_session(model: Path | bytes) -> InferenceSession:
    """Return a session for a model file or its bytes. Raises ModelCorrupt when it is no model."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3  # warnings about unused nodes of foreign exports are no news
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    source = str(model) if isinstance(model, Path) else model
    try:
        return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own classes share no base but Exception
        raise ModelCorrupt(f"onnxruntime cannot open the model: {error}") from error
