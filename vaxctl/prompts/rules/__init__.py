"""Rules about prompts.

Lives here: one file per rule, as in vaxctl.rules.catalogue, for findings that need a template read.
Enters: vaxctl.rules (the registry finds them), prompts, profile.
Never: rendering.
"""
