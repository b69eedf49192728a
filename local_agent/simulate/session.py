"""One call's agent side, window by window: the same live and in simulation, with no clock but samples.

A window goes through twice: `speak` gives what the agent plays during it, and does what falls due within it
to the sample (a reply that is ready, a turn that is over, the end of the agent's audio); `hear` takes what
the caller's line carried during it, and what that means counts from the window's end. So the agent can react
to a window at the earliest in the next one, as it would on a line.

Around the floor (turn/machine.py) stand the ear, the player, the second look, the end of the caller's turn,
and three timers. What the floor wants done is looked up in `_DO`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from local_agent.events import CallerReminded, SpeechStarted, SpeechStopped
from local_agent.simulate.answering import NEARLY_OVER_MS, answering
from local_agent.simulate.caller_level import CallerLevel
from local_agent.simulate.doubting import Doubt
from local_agent.simulate.echo import LONGEST_DELAY_MS
from local_agent.simulate.looking import Hearing, SecondLook, look_at
from local_agent.simulate.noticing import beneath_notice
from local_agent.simulate.past import Past
from local_agent.simulate.pausing import ASKED_ABOUT_S, CallerTurnEnd
from local_agent.simulate.player import Player
from local_agent.simulate.speaking import Cut
from local_agent.simulate.timers import NEVER, Timers, due_from
from local_agent.turn.evidence import NO_WORDS, Look
from local_agent.turn.machine import TABLE, Action, Floor, Heard, Input, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from local_agent.endpointing.policy import TurnEndClassifier
    from local_agent.events import Event
    from local_agent.parameters import Parameters
    from local_agent.simulate.ear import Ear, Sound
    from local_agent.simulate.speaking import Mouth
    from local_agent.simulate.words import Words

    Samples = NDArray[np.float32]

KEPT_S = 30
"""How much of the caller's lane is kept for classifiers and transcribers."""
_SURE = 0.8


class Session:
    """The agent's side of one call: `speak` and `hear` in turns, then `finish`."""

    def __init__(
        self,
        parameters: Parameters,
        ear: Ear,
        mouth: Mouth,
        *,
        classifier: TurnEndClassifier | None = None,
        words: Words | None = None,
    ) -> None:
        self.parameters, self.ear, self.mouth = parameters, ear, mouth
        self.rate, self.window = ear.sample_rate_hz, ear.window_samples
        self.floor = Floor(parameters.barge_in, words is not None)
        self.player = Player(self.rate)
        self.now = 0
        self.events: list[Event] = []
        self.last_finished: int | None = None
        self.finished_at = self.speaking_since = 0
        self._lane = Past(KEPT_S * self.rate, self.window)
        self._said = Past(self.rate * LONGEST_DELAY_MS // 1000 + 8 * self.window, self.window)
        self._hearing = Hearing(ear, self._lane, words, parameters.vad.pre_roll_ms * self.rate // 1000)
        self._turn_end = CallerTurnEnd(parameters, self.rate, classifier)
        self._look: SecondLook | None = None
        self._silence = np.zeros(self.window, np.float32)
        self._level = CallerLevel()
        self._turn_onset = self._gate_onset = 0
        self._doubt = Doubt(ear, parameters.barge_in)
        self._due = Timers()
        self._put_off = NEVER
        self._stopped_at, self._backoff = -NEVER, self._samples(parameters.barge_in.backoff_ms)
        self._ahead = self._samples(NEARLY_OVER_MS)
        self._cut: Cut | None = None
        self._silent_from = 0
        self._await_caller(0)
        self._due.reply = due_from(mouth.first(0), 0)

    # -- the agent's lane

    def speak(self) -> Samples:
        """Return the agent's samples for the next window, having done all that falls due within it."""
        end = self.now + self.window
        if self.mouth.growing and self.player.playing and self.player.remaining <= self._ahead:
            self.player.grow(self.mouth.more())
        due = self._due.next(turn_held=self.ear.undecided)
        if due >= end and not self.player.playing:
            out = self._silence
        elif due >= end and (whole := self.player.whole(self.window)) is not None:
            out = whole
        else:
            out = np.zeros(self.window, np.float32)
            self._fill(out, end)
        self._said.add(out)
        return out

    @property
    def ended(self) -> bool:
        """Whether the call is over."""
        return self.floor.state is State.ENDED

    def _fill(self, out: Samples, end: int) -> None:
        at = self.now
        while at < end and not self.ended:
            until = min(end, max(self._due.next(turn_held=self.ear.undecided), at))
            at += (
                self.player.render(out[at - self.now : until - self.now])
                if self.player.playing
                else until - at
            )
            if self.player.playing and not self.player.remaining:
                self._agent_done(at)
            elif at < end and at >= self._due.next(turn_held=self.ear.undecided):
                self._fire(at)

    def _fire(self, at: int) -> None:
        if self._due.reply <= at:
            self._due.reply = NEVER
            self._take(Heard.REPLY_READY, at)
        elif self._due.turn <= at and not self.ear.undecided:
            self._turn_over(at)
        elif self._due.hang_up <= at:
            self._take(Heard.AUDIO_ENDED, at, reason="hang_up")
        else:
            self._remind(at)

    def _agent_done(self, at: int) -> None:
        self.player.stop()
        self._look = None
        self._take(Heard.AGENT_DONE, at)
        self._over(at)
        self._await_caller(at)
        self._due.reply = due_from(self.mouth.unasked(at), at)
        if self.ear.gate.speaking:  # somebody speaks who could not stop the agent, or had not yet
            self._doubt.goes_on(self._gate_onset)
            self._caller_begins(at, self._gate_onset)
        elif self._doubt.unanswered is not None:
            self._caller_begins(at, self._doubt.unanswered, unheeded=True)

    def _await_caller(self, at: int) -> None:
        if not self.mouth.reminding:  # else the silence that was reminded of goes on
            self._silent_from = at
            self._due.reminder = at + self._samples(self.parameters.reminder_after_ms)
        self._due.hang_up = self._silent_from + self._samples(self.parameters.hang_up_after_ms)

    def _await_on(self, at: int) -> None:
        """Wait for the caller as if nothing had been heard: what was due then is due now at the earliest."""
        if self._put_off < NEVER:
            self._due.reply = max(self._put_off, at)
        if not self.mouth.reminding:
            self._due.reminder = max(self._silent_from + self._samples(self.parameters.reminder_after_ms), at)
        self._due.hang_up = max(self._silent_from + self._samples(self.parameters.hang_up_after_ms), at)

    def _remind(self, at: int) -> None:
        self._due.reminder = NEVER
        self.events.append(CallerReminded(at))
        if self.mouth.remind():
            self._take(Heard.REPLY_READY, at)

    # -- the caller's lane

    def hear(self, window: Samples) -> list[Sound]:
        """Take what the caller's line carried while the agent played the window that `speak` gave."""
        self._lane.add(window)
        self.now += self.window
        sounds = self.ear.hear(window)
        for sound in sounds:
            if not self.ended:
                self._note(sound)
        return sounds

    def _note(self, sound: Sound) -> None:
        if self._doubt.evidence is not None:
            self._doubt.weigh(sound)
        if sound.event is not None:
            self._note_event(sound)
        if sound.event is not None or sound.suspected or self.floor.state in _BUSY:
            _ON_SOUND[self.floor.state](self, sound)

    def _note_event(self, sound: Sound) -> None:
        if type(sound.event) is SpeechStarted:
            self._gate_onset = sound.event.onset_sample
            self.events.append(SpeechStarted(self.now, self._gate_onset))
            if self.floor.state in _DOUBTFUL:
                heeded = self.floor.state is State.LISTENING or self.floor.interruptible
                self._doubt.speech_started(self._gate_onset, heeded=heeded)
        elif type(sound.event) is SpeechStopped:
            self.events.append(SpeechStopped(self.now, sound.event.offset_sample))
            self._take(Heard.SPEECH_STOPPED, self.now)

    def _while_listening(self, sound: Sound) -> None:
        if type(sound.event) is SpeechStarted:
            self._caller_begins(self.now, self._gate_onset)

    def _caller_begins(self, at: int, onset: int, *, unheeded: bool = False) -> None:
        """Open the caller's turn; it may still turn out to be a noise."""
        self._put_off, self._due.reply = self._due.reply, NEVER
        self._doubt.turn_begins(unheeded=unheeded)
        self._begin_turn(onset)
        self._take(Heard.SPEECH_STARTED, at, onset=onset)

    def _while_caller(self, sound: Sound) -> None:
        if sound.probability >= _SURE:
            self._level.learn(sound.level_db)
        over = self._turn_end.over_at(
            self.ear.quiet_from, sound.end_sample, self._turn_audio, self._turn_words
        )
        self._due.turn = NEVER if over is None else over
        if self._due.turn <= self.now and not self.ear.undecided:
            self._turn_over(self.now)

    def _while_making_reply(self, sound: Sound) -> None:
        if sound.suspected:
            self._begin_look(sound, answering=False, played=0)

    def _while_speaking(self, sound: Sound) -> None:
        if not sound.suspected or self._beneath_notice(sound) or not self.floor.interruptible:
            return
        self._begin_look(sound, answering=answering(self.player, self.rate), played=self.player.played)
        if self.floor.state is State.CALLER:  # nobody looks twice
            self._doubt.drop()
            self._begin_turn(self.floor.onset_sample)

    def _while_looking(self, sound: Sound) -> None:
        if self._look is None:
            return
        look, reason = self._look.add(sound, self._level.known_db)
        if look is Look.UNDECIDED:
            return
        evidence, onset, self._look = self._look.evidence, self._look.onset_sample, None
        if look is Look.BARGE_IN:
            self.ear.settle_quiet(sound, evidence.quiet_ms)
            going_on = self.floor.state is State.DOUBTING
            self._doubt.drop()
            self._begin_turn(min(self._turn_onset, onset) if going_on else onset)
            self._take(Heard.LOOK_BARGE_IN, self.now, played=self.player.played, reason=reason)
        else:
            if reason != NO_WORDS:  # a radio that plays on would stop the agent again and again
                self.ear.forget_run()
            self._take(Heard.LOOK_FALSE, self.now, reason=reason)
            if self.floor.state is State.LISTENING:
                self._await_caller(self.now)

    def _begin_look(self, sound: Sound, *, answering: bool, played: int) -> None:
        """Tell the floor of a suspicion, and look at the windows that raised it."""
        run = self.ear.suspicious
        onset = sound.end_sample - len(run) * self.window
        self._take(Heard.SPEECH_STARTED, self.now, onset=onset, played=played)
        state, settings = self.floor.state, self.parameters.barge_in
        self._look = look_at(state, settings, self._hearing, onset, answering=answering)
        for heard in run:
            if self.floor.state in _LOOKING:
                self._while_looking(heard)

    def _beneath_notice(self, sound: Sound) -> bool:
        onset = sound.end_sample - len(run := self.ear.suspicious) * self.window
        ignored = beneath_notice(
            run,
            self._level.known_db,
            lambda: self._lane.since(onset)[: sound.end_sample - onset],
            lambda: self._said.since(0),
        )
        if ignored:
            self._doubt.ignore(self.now)
            self.ear.forget_run()
        return ignored

    # -- the caller's turn

    def _begin_turn(self, onset: int) -> None:
        self._turn_onset, self._due.turn = onset, NEVER
        self._turn_end.begin()

    def _turn_over(self, at: int) -> None:
        self._due.turn = NEVER
        dismissed = self._doubt.why_dismissed(self._turn_words)
        if dismissed:
            self._take(Heard.LOOK_FALSE, at, reason=dismissed)
            self._await_on(at)
            return
        offset = self.ear.quiet_from if self.ear.quiet_from is not None else at
        self._take(Heard.TURN_OVER, at, onset=offset, reason=self._turn_end.reason)

    def _turn_audio(self, end_sample: int) -> Samples:
        start = max(
            self._turn_onset - self._hearing.pre_roll_samples, end_sample - ASKED_ABOUT_S * self.rate, 0
        )
        return self._lane.since(start)[: max(end_sample - start, 0)]

    def _turn_words(self) -> str | None:
        return self._hearing.said_since(self._turn_onset)

    # -- what the floor wants done

    def _take(self, what: Heard, at: int, *, onset: int = 0, played: int = 0, reason: str = "") -> None:
        actions = self.floor.take(Input(what, at, onset, played, reason))
        self.events.extend(self.floor.history)
        self.floor.history.clear()
        if self.floor.state is not State.LISTENING:
            self._due.reminder = self._due.hang_up = NEVER
        for action in actions:
            _DO[action](self, at)

    def _pause(self, at: int) -> None:
        del at
        self.player.pause()

    def _stop(self, at: int) -> None:
        turn, played = self.player.turn, self.player.played
        if turn is not None and self.floor.state is State.CALLER:
            self._cut, self._stopped_at = Cut(turn, played), at
        self.mouth.cancel()
        self.player.stop()
        self._over(at)

    def _resume(self, at: int) -> None:
        del at
        self.player.resume()

    def _start(self, at: int) -> None:
        turn = self.mouth.take()
        if len(turn.samples):
            self._cut, self.speaking_since = None, at
            self._doubt.drop()
            self.player.start(turn)
            self._turn_end.agent_said(turn.text)
            return
        # Nothing to say: the floor passes on without a turn of the agent's.
        self.events.pop()
        self.floor.turn -= 1
        self.floor.take(Input(Heard.AGENT_DONE, at))
        self.floor.history.clear()
        self._await_caller(at)

    def _over(self, at: int) -> None:
        self.last_finished, self.finished_at = self.floor.turn, at

    def _make_reply(self, at: int) -> None:
        said = self._turn_words() or ""
        soonest = max(at, self._stopped_at + self._backoff)
        self._due.reply = due_from(self.mouth.reply(at, said, self._cut), soonest)

    def _cancel_reply(self, at: int) -> None:
        del at
        self._due.reply = NEVER
        self.mouth.cancel()

    def _nothing(self, at: int) -> None:
        """Do nothing: looking again begins in `_begin_look`, which knows the windows."""

    def reply_ready(self, at: int) -> None:
        """Let a reply for which the mouth returned None be spoken from `at` on; while the caller speaks, drop it."""
        if (self.floor.state, Heard.REPLY_READY) in TABLE:
            self._due.reply = max(at, self.now, self._stopped_at + self._backoff)

    def finish(self) -> None:
        """Close the call at the end of the caller's audio."""
        if not self.ended:
            self._take(Heard.AUDIO_ENDED, self.now, reason="end_of_audio")

    def _samples(self, duration_ms: int) -> int:
        return duration_ms * self.rate // 1000


_DOUBTFUL: Final = frozenset({State.LISTENING, State.SPEAKING})
_LOOKING: Final = frozenset({State.DOUBTING, State.OVERHEARD, State.SUSPENDED})
_BUSY: Final = _LOOKING | {State.CALLER}

# The tables belong to the class, and stand below it as its methods must be there first.
# ruff: noqa: SLF001
_ON_SOUND: Final[Mapping[State, Callable[[Session, Sound], None]]] = {
    State.LISTENING: Session._while_listening,
    State.CALLER: Session._while_caller,
    State.REPLYING: Session._while_making_reply,
    State.DOUBTING: Session._while_looking,
    State.SPEAKING: Session._while_speaking,
    State.OVERHEARD: Session._while_looking,
    State.SUSPENDED: Session._while_looking,
}

_DO: Final[Mapping[Action, Callable[[Session, int], None]]] = {
    Action.PAUSE_SPEAKING: Session._pause,
    Action.STOP_SPEAKING: Session._stop,
    Action.RESUME_SPEAKING: Session._resume,
    Action.START_SPEAKING: Session._start,
    Action.LOOK_AGAIN: Session._nothing,
    Action.CANCEL_REPLY: Session._cancel_reply,
    Action.MAKE_REPLY: Session._make_reply,
}
