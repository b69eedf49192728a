"""The source: YAML text as data whose every key and value knows its place.

Lives here: reading with positions and limits, located documents, near-name suggestions, layout for `fmt`.
Enters: diagnostics, errors.
Never: what a profile means; writing files; network.
"""
