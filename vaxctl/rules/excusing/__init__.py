"""The rules about excuses, which read a ledger of what was excused.

Lives here: one module per rule, of the same form as in catalogue/; what these rules find cannot be excused.
Enters: diagnostics, the other modules of rules.
Never: a profile's values.
"""
