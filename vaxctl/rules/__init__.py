"""The rules: what a careful engineer would say of a profile that is valid and still unwise.

Lives here: one file per rule (catalogue/, excusing/), discovery, severities (vaxctl.toml), excuses, lint.
Enters: profile, source, diagnostics, errors.
Never: a vendor's API, prompts, network, clock; a finding that shows a secret.
"""
