"""Scenarios: what a caller does to an agent, as a reviewed file, and the caller's audio made from it.

Lives here: the scenario format, its findings, generated noises, room, line, the caller's script, corpora.
Enters: local_agent.audio, voices (as a protocol), record, errors; numpy, pydantic, ruamel.yaml.
Never: a threshold, a decision of the agent, a metric, a clock; audio of other people in the package.
"""
