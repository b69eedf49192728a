"""Simulation: one call's agent side, window by window, and whole calls run as fast as the machine can.

Lives here: the session (ear, second look, endpointing, player, timers around the floor), the closed loop,
open-loop runs, what a call kept of its context. Enters: everything below; models are handed in opened.
Never: a wall clock, a sleep, a device, the network (a responder may have its own); what a result is worth
(metrics).
"""
