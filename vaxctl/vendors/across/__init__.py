"""Rules about all vendors of a profile together.

Lives here: one file per rule, as in vaxctl.rules.catalogue, over what a profile compiles to at each of its vendors.
Enters: vaxctl.rules (the registry finds them), vaxctl.vendors (what a compiled profile is).
Never: a vendor's flat, input or output.
"""
