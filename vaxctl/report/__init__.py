"""Values into text, JSON, SARIF and annotations: what a person or another tool reads.

Lives here: the formats of findings, style (colour, width, tables).
Enters: plan, vendors, rules, profile, source, diagnostics, errors.
Never: cli, sandbox, local_agent; printing, files, the clock; colour as the only carrier of a meaning.
"""
