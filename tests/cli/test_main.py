"""The process around one command."""

from __future__ import annotations

import gc
import sys

import pytest

from vaxctl import __main__ as process
from vaxctl.errors import ExitCode


def test_the_command_ends_the_process_without_a_last_collection(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its code is the process's, and what it made is left for the system to take back."""
    monkeypatch.setattr(process, "settle", lambda: None)
    monkeypatch.setattr(sys, "argv", ["vaxctl", "rule", "nonesuch"])
    before = gc.get_freeze_count()
    with pytest.raises(SystemExit) as ended:
        process.main()
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    assert ended.value.code == ExitCode.INVALID
    assert frozen > before
    assert "nonesuch" in capsys.readouterr().err
