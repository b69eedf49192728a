"""From a run's settings to the denoiser that they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_agent.denoise.framing import Framed
from local_agent.denoise.protocol import Denoiser, Off

if TYPE_CHECKING:
    from local_agent.parameters import NoiseParameters


def denoiser_for(noise: NoiseParameters, sample_rate: int) -> Denoiser:
    """Return a fresh denoiser for one stream (8 or 16 kHz). Raises ModelMissing when its model is not here."""
    from local_agent.models.cache import model_path

    if noise.engine == "rnnoise":
        from local_agent.denoise.rnnoise import Rnnoise

        return Framed(Rnnoise(model_path("rnnoise"), sample_rate, noise.max_attenuation_db))
    if noise.engine == "nsnet2":
        from local_agent.denoise.nsnet2 import Nsnet2

        return Framed(Nsnet2(model_path("nsnet2"), sample_rate, noise.max_attenuation_db))
    return Off(sample_rate)
