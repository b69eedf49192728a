"""Tuning: from labelled audio to settings with their evidence.

Lives here: trials and their probabilities, the exact evaluation of many settings at once, counts, objectives,
fronts, splits and intervals, the search. Enters: everything below; optuna, dask and fsspec inside the functions
that need them. Never: a terminal, a vendor's word, a profile's file (vaxctl.cli hands in parameters and bounds).
"""
