"""What the rules call noisy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vaxctl.profile.model import Profile

NOISY_SETTINGS = frozenset({"open-office", "car", "street", "public-place"})
"""Caller settings with steady noise, other people's voices, or both, in most calls."""


def is_noisy(profile: Profile) -> bool:
    """Whether the profile names a noisy caller setting. A setting that is not named is not noisy."""
    return profile.campaign.caller_setting in NOISY_SETTINGS
