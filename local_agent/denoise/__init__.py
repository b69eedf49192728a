"""Noise suppression before the VAD: off, RNNoise or NSNet2, streaming, aligned with its input.

Lives here: the Denoiser protocol, framing and alignment, integer resampling, the two engines.
Enters: numpy; onnxruntime and ctypes where a model is opened; the models' cache.
Never: a wall clock, a decision about speech or turns, a file of audio.
"""

from local_agent.denoise.choosing import denoiser_for as denoiser_for
from local_agent.denoise.protocol import Denoiser as Denoiser
