"""Rules in this vendor's own words.

Lives here: one file per rule, as in vaxctl.rules.catalogue; each looks at the trees a profile would leave behind.
Enters: diagnostics; the registry and vaxctl.vendors.judging find and ask them.
Never: another vendor; I/O.
"""
