"""The same judging where the audio lies: an archive's calls in parts, on Dask workers, back as counts.

Lives here: an archive's labels, its parts and what a worker does with one, the bench that sends them, the checked connection.
Enters: dask and fsspec, inside the functions that need them. Never: frames or audio on their way back.
"""
