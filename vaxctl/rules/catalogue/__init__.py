"""The generic rules, which read a loaded profile.

Lives here: one module per rule; its file name is its id, its docstring its documentation page.
Enters: profile, source, diagnostics, the other modules of rules.
Never: pydantic, ruamel or anything else heavy at import; one rule in another.
"""
