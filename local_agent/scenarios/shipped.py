"""Where the shipped scenarios and their speech stand: in the package once installed, else in the repository."""

from __future__ import annotations

from pathlib import Path


def shipped_folder() -> Path:
    """Return the folder of shipped scenarios."""
    packaged = Path(__file__).parent / "shipped"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "scenarios"


def spoken_folder() -> Path:
    """Return the folder of the shipped scenarios' rendered utterances."""
    return shipped_folder() / "spoken"
