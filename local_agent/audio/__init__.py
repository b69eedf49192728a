"""Audio in: files and streams become float32 samples at 8 or 16 kHz, in windows of the length a model wants.

Lives here: reading (WAV, FLAC, Ogg, MP3, raw μ-law/A-law/PCM), resampling, re-blocking, what is unusable.
Enters: local_agent.errors; numpy; soundfile and soxr inside the functions that need them.
Never: a model, a threshold, an event, a clock, a sound card.
"""
