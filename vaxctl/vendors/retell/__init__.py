"""Retell AI: its agents, response engines and versions, in its own words.

Lives here: limits, capabilities, compile, the agent's JSON, its requests.
Enters: vendors' shared values, prompts, rules, profile, source, diagnostics, errors.
Never: another vendor's flat; plan, sandbox, report, cli; I/O.
"""
