"""The same judging where the audio lies: an archive's calls in parts, on Dask workers, back as counts.

Enters: dask and fsspec, inside the functions that need them. Never: frames or audio on their way back.
"""
