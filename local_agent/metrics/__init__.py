"""Metrics: what finished calls were worth, counted from what happened against what should have happened.

Lives here: agent turns and caller utterances read from a record, checks per scenario, rates with intervals,
delays.
Enters: record, events; nothing else, not even the profile: a metric means the same under every setting.
Never: audio, a model, a file, a clock; a duration that was not observed.
"""
