"""Prompts: templates in a sandbox, and the one block that vaxctl owns inside somebody else's prompt.

Lives here: the managed block, templates and their limits, the worker process, run-time slots, shipped files.
Enters: rules, profile, source, diagnostics, errors; jinja2 inside functions.
Never: vendors, plan, sandbox, report, cli; an untrusted template rendered in this process.
"""
