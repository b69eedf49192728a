"""From settings and options to a live call: models opened, threads started, and all of it closed again."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from local_agent.errors import ModelMissing, UnusableInput
from local_agent.live.answers import StreamedAnswers, WholeAnswers
from local_agent.live.call import LiveCall, TurnAudio
from local_agent.live.mouth import Desk, LiveMouth
from local_agent.live.worker import DeferredClassifier, Worker
from local_agent.simulate.echo import LONGEST_DELAY_MS, likeness
from local_agent.simulate.opening import models_for
from local_agent.simulate.speaking import SilentMouth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from local_agent.events import Event
    from local_agent.live.answers import Answers
    from local_agent.live.codec import LineEncoding
    from local_agent.parameters import Parameters
    from local_agent.simulate.opening import Models
    from local_agent.simulate.speaking import Speaks
    from local_agent.simulate.words import Listens

_WARM_WINDOWS = 32
RATES_HZ = (8_000, 16_000)
SWITCH_INTERVAL_S = 0.0002
"""How long another thread may hold the interpreter while a window waits: Python's own 5 ms would be seen in
every window that falls on a reply in the making."""

NO_WORDS = (
    "words: nobody writes down what the caller says (--words), so replies are made without it, "
    "ignore_phrases and interrupt_phrases have no say, and min_words goes by how long the caller speaks"
)
LATE_WORDS = (
    "words: known once a turn is over; at a barge-in ignore_phrases and interrupt_phrases have no say, and "
    "min_words goes by how long the caller speaks"
)
TONES = "voice: tones, as the voice is not installed (python -m pip install 'vaxctl[voice]')"


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """What a live call is made with, beside the profile. Without a script and an endpoint the agent is silent."""

    sample_rate_hz: int
    encoding: LineEncoding = "s16le"
    script: Path | None = None
    openai: bool = False
    prompt: str = ""
    opening: str | None = None
    voice: str = "auto"
    words: str = "none"
    lockstep: bool = False


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that may begin, and what its run does without."""

    call: LiveCall
    notes: tuple[str, ...]


@contextmanager
def opened(parameters: Parameters, options: LiveOptions, tell: Callable[[Event], None]) -> Iterator[OpenCall]:
    """Open a call, and close its threads and connections after it.

    Raises UnusableInput for options that do not go together or a script that cannot be read, ModelMissing for
    a model, a voice or a transcriber that is not here.
    """
    if options.sample_rate_hz not in RATES_HZ:
        raise UnusableInput(
            f"--rate {options.sample_rate_hz}: a live line is worked on at 8000 or 16000 Hz",
            help="let what feeds it resample: ffmpeg -i IN -f s16le -ar 16000 -ac 1 -",
        )
    with ExitStack() as closing:
        models = models_for(parameters, options.sample_rate_hz)
        turn_audio = TurnAudio(
            options.sample_rate_hz, models.network.window_samples, parameters.vad.pre_roll_ms
        )
        mouth, notes = _mouth(parameters, options, turn_audio, closing)
        if models.classifier is not None and not options.lockstep:
            models = _deferred(models, closing)
        _warm(models)
        session = models.session(mouth or SilentMouth())
        closing.callback(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        gc.collect()
        gc.freeze()  # what is open now stays to the end: collecting must not go through it in a window
        closing.callback(gc.unfreeze)
        yield OpenCall(LiveCall(session, mouth, options.encoding, tell, turn_audio), (*models.notes, *notes))


def _warm(models: Models) -> None:
    """Do once, before the call, what is slow the first time: the networks, the look for echoes, imports."""
    for module in ("local_agent.context.delivery", "local_agent.context.interruption"):
        import_module(module)
    session = models.session(SilentMouth())
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, session.window).astype(np.float32)
    for _ in range(_WARM_WINDOWS):
        session.speak()
        session.hear(noise)
    likeness(np.tile(noise, 5), np.tile(noise, 8 + LONGEST_DELAY_MS * session.rate // 1000 // session.window))


def _deferred(models: Models, closing: ExitStack) -> Models:
    worker = Worker("turn ends")
    closing.callback(worker.close)
    classifier = DeferredClassifier(models.classifier, worker)  # type: ignore[arg-type]
    classifier.probability_complete(np.zeros(models.sample_rate_hz, np.float32), models.sample_rate_hz)
    return replace(models, classifier=classifier)


def _mouth(
    parameters: Parameters, options: LiveOptions, turn_audio: TurnAudio, closing: ExitStack
) -> tuple[LiveMouth | None, tuple[str, ...]]:
    answers = _answers(parameters, options, closing)
    if answers is None:
        return None, ()
    voice, notes = _voice(options.voice)
    transcriber = _transcriber(options.words)
    worker = Worker("replies")
    closing.callback(worker.close)
    desk = Desk(answers, voice, options.sample_rate_hz, worker, transcriber)
    mouth = LiveMouth(desk, turn_audio.since_onset, lockstep=options.lockstep)
    closing.callback(mouth.cancel)
    return mouth, (*notes, NO_WORDS if transcriber is None else LATE_WORDS)


def _answers(parameters: Parameters, options: LiveOptions, closing: ExitStack) -> Answers | None:
    if options.script is not None:
        from local_agent.dialogue.script import read_script
        from local_agent.dialogue.scripted import ScriptedResponder

        return WholeAnswers(ScriptedResponder(read_script(options.script)))
    if not options.openai:
        return None
    from local_agent.dialogue.endpoint import endpoint_from
    from local_agent.dialogue.openai_compatible import OpenAIResponder

    responder = OpenAIResponder(
        endpoint_from(os.environ), options.prompt, parameters.context.template, options.opening
    )
    closing.callback(responder.close)
    return StreamedAnswers(responder)


def _voice(name: str) -> tuple[Speaks, tuple[str, ...]]:
    from local_agent.voices.tone_voice import ToneVoice

    if name == "tone":
        return ToneVoice(), ()
    from local_agent.voices.hibari_voice import HibariVoice

    try:
        return HibariVoice(), ()
    except ModelMissing:
        if name != "auto":
            raise
        return ToneVoice(), (TONES,)


def _transcriber(name: str) -> Listens | None:
    if name == "whisper":
        from local_agent.voices.whisper import WhisperTranscriber

        return WhisperTranscriber()
    if name == "pocketsphinx":
        from local_agent.voices.pocketsphinx_transcriber import PocketSphinxTranscriber

        return PocketSphinxTranscriber()
    return None
