"""Tuning: from labelled audio to settings with their evidence.

Lives here: six rooms, each seeing only those before it: listening (trials and their probabilities), judging (settings
in, counts out), search (what is wanted, what is tried), evidence (the split, intervals, the result), showing (table,
document, page); and cluster beside showing, which judges elsewhere.
Enters: everything below in the agent; optuna, dask and fsspec inside the functions that need them.
Never: a terminal, a vendor's word, a profile's file (vaxctl.cli hands in parameters and bounds).
"""
