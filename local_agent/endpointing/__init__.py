"""Endpointing: when the caller's turn is over.

Lives here: the policy (silence, semantic, hybrid), pure; and classifiers of turn ends behind one small
protocol. Enters: parameters, models (for the classifier's file). Never: a clock; the floor (that is turn's).
"""
