"""The profile: what a voice agent's turn-taking is, in nobody's dialect.

Lives here: the model with each key's range, default, unit and source; extends, environments, the published block; loading.
Enters: source, diagnostics, errors.
Never: a vendor's word, network, clock.
"""
