"""`vaxctl corpus`: what it prints, and how it exits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import soundfile
import typer
from typer.testing import CliRunner

from vaxctl.cli import corpus
from vaxctl.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def _run(*arguments: str) -> Result:
    app = typer.Typer()
    corpus.register(app)
    return CliRunner().invoke(app, ["corpus", *arguments])


def _corpus(folder: Path, kinds: tuple[str, ...]) -> Path:
    folder.mkdir()
    soundfile.write(folder / "a.wav", np.sin(np.arange(32_000)).astype(np.float32) / 4, 16_000)
    row = {"audio": "a.wav", "sample_rate_hz": 16_000, "duration_s": 2.0, "class": "x"}
    lines = [json.dumps({"id": kind, "kind": kind, **row}) for kind in kinds]
    (folder / "manifest.jsonl").write_text("\n".join(lines))
    return folder


def test_check(tmp_path: Path) -> None:
    """A sound corpus exits 0, a faulty one 3 with file and line, in text and in JSON."""
    assert _run("check", str(_corpus(tmp_path / "good", ("agent", "noise")))).exit_code == 0
    bad = _corpus(tmp_path / "bad", ("agent", "nose"))
    result = _run("check", str(bad))
    assert result.exit_code == 3
    assert "manifest.jsonl:2:" in result.stdout
    document = json.loads(_run("check", str(bad), "--json", "--labels-only").stdout)
    assert (document["type"], document["clips"], document["findings"][0]["line"]) == ("corpus_check", 1, 2)


def test_mix(tmp_path: Path) -> None:
    """A mix names its files; a folder in use is refused."""
    folder = _corpus(tmp_path / "good", ("agent", "noise"))
    result = _run("mix", str(folder), "--out", str(tmp_path / "out"), "--count", "2")
    assert result.exit_code == 0
    assert (tmp_path / "out" / "mix-00001-noise-over-agent.yaml").is_file()
    bad = _run("mix", str(_corpus(tmp_path / "bad", ("nose", "agents"))), "--out", str(tmp_path / "o"))
    assert isinstance(bad.exception, InvalidInput)
    assert "2 findings" in bad.exception.message
    assert [line.split(":")[1] for line in bad.stderr.splitlines()] == ["1", "2"]
    assert not (tmp_path / "o").exists()
    again = _run("mix", str(folder), "--out", str(tmp_path / "out"), "--count", "2")
    assert isinstance(again.exception, InvalidInput)
