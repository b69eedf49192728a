"""`make demo` runs this script; it ends well, without an account, and says what changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_demo_does_the_main_job(tmp_path: Path) -> None:
    """A copy of the checkout runs the demo: applied, verified, second plan empty, somebody else's prompt whole."""
    for folder in ("demo", "profiles", "templates", "vaxctl"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "80"}
    run = subprocess.run(
        [sys.executable, "demo/demo.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("applied and verified") == 2
    assert "No changes." in run.stdout
    assert "What changed for callers:\n  - " in run.stdout
    assert "every one of the 1,278 characters of its prompt" in run.stdout
