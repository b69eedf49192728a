"""From a run's settings to opened models, and to a session around them.

Networks are shared; state is each call's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from local_agent.errors import ModelMissing
from local_agent.simulate.ear import Ear
from local_agent.simulate.pausing import NO_CLASSIFIER
from local_agent.simulate.session import Session
from local_agent.vad.settings import reset_times
from local_agent.vad.silero import ProbabilityStream

if TYPE_CHECKING:
    from local_agent.endpointing.policy import TurnEndClassifier
    from local_agent.parameters import Parameters, VadParameters
    from local_agent.simulate.speaking import Mouth
    from local_agent.simulate.words import Words
    from local_agent.vad.networks import SileroNetwork


@dataclass(frozen=True, slots=True)
class Models:
    """What is opened once for any number of calls with the same settings at the same rate."""

    parameters: Parameters
    sample_rate_hz: int
    network: SileroNetwork
    classifier: TurnEndClassifier | None = None
    notes: tuple[str, ...] = ()

    def fresh_stream(self) -> ProbabilityStream:
        """Return the network with a call's own state."""
        return ProbabilityStream(self.network, *reset_times(self.parameters.vad))

    def session(self, mouth: Mouth, words: Words | None = None) -> Session:
        """Return the agent's side of a new call. Raises ModelMissing where the denoiser is not here."""
        from local_agent.denoise import denoiser_for

        noise = self.parameters.noise
        denoiser = None if noise.engine == "off" else denoiser_for(noise, self.sample_rate_hz)
        early = self.parameters.barge_in.validate
        ear = Ear(self.parameters.vad, self.fresh_stream(), denoiser, early=early)
        return Session(self.parameters, ear, mouth, classifier=self.classifier, words=words)


def models_for(
    parameters: Parameters, sample_rate_hz: int, classifier: TurnEndClassifier | None = None
) -> Models:
    """Open what the settings name. Raises ModelMissing for a VAD or denoiser that is not here.

    Without the turn-end model the run goes on by silence alone, and its notes say so.
    """
    network, notes = network_for(parameters.vad, sample_rate_hz), emulated(parameters)
    if parameters.endpointing.mode != "silence" and classifier is None:
        try:
            classifier = _smart_turn()
        except ModelMissing:
            endpointing = replace(parameters.endpointing, mode="silence")
            parameters, notes = replace(parameters, endpointing=endpointing), (*notes, NO_CLASSIFIER)
    return Models(parameters, sample_rate_hz, network, classifier, notes)


def network_for(vad: VadParameters, sample_rate_hz: int) -> SileroNetwork:
    """Open the VAD that the settings name."""
    from local_agent.models.cache import model_path
    from local_agent.vad.networks import silero_v4, silero_v5, silero_v6

    if vad.model == "silero_v4":
        return silero_v4(model_path("silero_v4"), sample_rate_hz)
    if vad.model == "silero_v5":
        return silero_v5(model_path("silero_v5"), sample_rate_hz)
    return silero_v6(sample_rate_hz)


def _smart_turn() -> TurnEndClassifier:
    from local_agent.endpointing.smart_turn import SmartTurn

    return SmartTurn()


def emulated(parameters: Parameters) -> tuple[str, ...]:
    """Return a note for each engine that stands in for a platform's."""
    return tuple(f"emulated: {one.setting} {one.wanted} by {one.used}" for one in parameters.emulated)
