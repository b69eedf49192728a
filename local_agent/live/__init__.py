"""Live: the same session as in simulation, fed by a pipe as the audio arrives; the only asynchronous room.

Lives here: the call on two pipes, its events as lines, the threads where replies and turn ends are worked out.
Enters: simulate's session and everything below; a wall clock, to measure with.
Never: a sound card, an echo canceller, a decision that depends on the wall clock.
"""
