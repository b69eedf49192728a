"""The vendors: one flat each, with the same files in each, and the values they share.

Lives here: capabilities, limits, leaves of vendor JSON, requests as values, the wires, the flats retell/ and vapi/.
Enters: prompts, rules, profile, source, diagnostics, errors.
Never: plan, sandbox, report, cli; one flat in another; I/O outside wire/.
"""
