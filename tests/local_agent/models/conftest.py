"""Small wheels made on the fly, a manifest that names them, and an empty cache."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from local_agent.models.manifest import Manifest, parsed

if TYPE_CHECKING:
    from pathlib import Path

CONTENTS = {"fakes/one.onnx": b"one" * 1000, "fakes/two.bin": b"two" * 2000}
EXPLOSIVE = b"raise SystemExit('the carrying package was imported')\n"


@dataclass(frozen=True)
class Forge:
    """A folder with a wheel, and the manifest that names it."""

    wheels: Path
    wheel: Path
    text: str
    manifest: Manifest


def entry(model_id: str, wheel: Path, *members: str) -> str:
    """Return a model's TOML for members of a wheel."""
    lines = [
        "[[model]]",
        *(f'{key} = "{model_id}"' for key in ("id", "kind", "purpose", "licence", "attribution")),
        'package = "fakes"',
        'version = "1.0"',
        "[[model.wheel]]",
        'platform = "any"',
        f'file = "{wheel.name}"',
        f"size = {wheel.stat().st_size}",
        f'sha256 = "{hashlib.sha256(wheel.read_bytes()).hexdigest()}"',
    ]
    for path in members:
        content = CONTENTS[path]
        lines += [
            "[[model.wheel.member]]",
            f'path = "{path}"',
            f'name = "{path.rpartition("/")[2]}"',
            f"size = {len(content)}",
            f'sha256 = "{hashlib.sha256(content).hexdigest()}"',
        ]
    return "\n".join(lines) + "\n"


def wheel_in(folder: Path, contents: dict[str, bytes]) -> Path:
    """Write fakes-1.0 with these files; importing it would end the process."""
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / "fakes-1.0-py3-none-any.whl"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in contents.items():
            archive.writestr(path, content)
        archive.writestr("fakes/__init__.py", EXPLOSIVE)
        archive.writestr("fakes-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: fakes\nVersion: 1.0\n")
        archive.writestr(
            "fakes-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("fakes-1.0.dist-info/RECORD", "")
    return made


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an empty cache."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("VAXCTL_MODELS_DIR", str(folder))
    return folder


@pytest.fixture
def forge(tmp_path: Path, cache: Path) -> Forge:
    """Return two models out of one wheel: `single` has one file, `double` has two."""
    wheel = wheel_in(tmp_path / "wheels", CONTENTS)
    text = entry("single", wheel, "fakes/one.onnx") + entry("double", wheel, *CONTENTS)
    return Forge(wheel.parent, wheel, text, parsed(text))
