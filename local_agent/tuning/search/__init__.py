"""What is wanted, and what is tried for it: objectives and bounds, the space, the grid and the walk, fronts.

Lives here: goals, spaces, the search, what no setting beats, what moves when one key moves.
Enters: counts and metrics; optuna inside the function that needs it. Never: the audio that is held back.
"""
