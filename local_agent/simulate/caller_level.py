"""How loud the caller usually speaks."""

from __future__ import annotations

_WEIGHT = 0.05
_WINDOWS = 16


class CallerLevel:
    """Follows the level of windows that are certainly the caller's."""

    def __init__(self) -> None:
        self.known_db: float | None = None
        """In dBFS; None until half a second of their speech was heard."""
        self._windows, self._level_db = 0, 0.0

    def learn(self, level_db: float) -> None:
        """Take in one window of the caller's speech."""
        self._windows += 1
        weight = max(_WEIGHT, 1 / self._windows)
        self._level_db += weight * (level_db - self._level_db)
        if self._windows >= _WINDOWS:
            self.known_db = self._level_db
