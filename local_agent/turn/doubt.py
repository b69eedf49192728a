"""Was what ends as a caller's turn anything to reply to? Pure.

While the agent listens nothing has to be decided at once: a door, a cough or a bark opens the caller's turn as a
word does, and is told from one when the turn is over. An answer to a noise is a spurious reply; silence after
a short "no" is worse, so the doubt is small:

    words    where somebody hears them: words are a turn (over the agent: unless all of them are ignore
    phrases); none are
             none unless the sound was certain for twice as long
    sound    certain speech (evidence.py) for less than `SPOKEN_MS` is none
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from local_agent.turn.evidence import Look, by_words, words_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_agent.parameters import BargeInParameters
    from local_agent.turn.evidence import Evidence

SPOKEN_MS: Final = 130
"""Certain speech from which sound alone is a turn. Measured 2026-11 on 468 single words cut out of recorded and
synthesised speech and 210 noise clips, threshold 0.55, min speech 200 ms: of the words that pass the gate, it
dismisses 7 of 135 shorter than 0.3 s and none of 112 longer ones; of the 9 noise clips that pass it, 3
(at 250 ms: 7)."""
UNHEARD_MS: Final = 2 * SPOKEN_MS
"""The same where a transcriber listened and heard no word."""


def dismissal(
    heard: Evidence, said: Callable[[], str | None], barge_in: BargeInParameters, *, over_agent: bool
) -> str:
    """Return why there is nothing to reply to ("noise", "ignore-phrase"), "" where there is.

    `said` gives the words, None where nobody can tell them, and is called only where they matter;
    `over_agent` says that all of it was said while the agent spoke and could not be stopped.
    """
    if heard.certain_ms >= UNHEARD_MS and not over_agent:
        return ""
    transcript = said()
    if transcript and words_of(transcript):
        ignorable = over_agent and by_words(transcript, barge_in)[0] is Look.FALSE
        return "ignore-phrase" if ignorable else ""
    needed_ms = SPOKEN_MS if transcript is None else UNHEARD_MS
    return "noise" if heard.certain_ms < needed_ms else ""
