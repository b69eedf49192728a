"""Voices and words: text becomes speech with word times, and speech becomes text.

Lives here: the two protocols, the engines behind them, a voice that needs none.
Enters: audio (mel bands), models, record, errors; each engine's package inside the function that opens it.
Never: when to speak or to listen; a download.
"""
