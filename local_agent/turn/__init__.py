"""The floor: who has it, and how it changes hands.

Lives here: the turn machine (a table), the second look at a suspected barge-in.
Enters: endpointing policy, events, parameters.
Never: audio files, models, a clock; words are handed in when somebody has them.
"""
