"""The local agent: a profile's turn-taking on real audio, with no account, no network and no vendor word in it.

Lives here: audio in, VAD, noise suppression, endpointing, the turn machine, context, scenarios, simulation, live runs.
Enters: numpy; onnxruntime, soundfile and soxr inside the functions that need them; vaxctl.profile through from_profile alone.
Never: a vendor, a plan, a rule, the command line; a wall clock outside live.
"""
