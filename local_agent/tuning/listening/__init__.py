"""What a tuning listens to: labelled clips and calls made into trials, and what the detector says to each.

Lives here: trials, their composing, corpora, calls and the labelling page, the cache, probabilities (traces).
Enters: audio files, labels, the VAD and the suppressors. Never: a setting of the turn machine, a count.
"""
