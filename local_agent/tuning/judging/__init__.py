"""Settings in, counts out: the turn machine over probabilities, for thousands of settings at once.

Lives here: the sweep of the floor and of turn ends, the session's replay, counts by group and class, metrics.
Enters: trials and their traces. Never: what somebody wants of a setting, which settings are tried.
"""
