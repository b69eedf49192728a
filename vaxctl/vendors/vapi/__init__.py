"""Vapi: its assistants, in its own words.

Lives here: limits, capabilities, compile, the assistant's JSON, its requests.
Enters: vendors' shared values, prompts, rules, profile, source, diagnostics, errors.
Never: another vendor's flat; plan, sandbox, report, cli; I/O.
"""
