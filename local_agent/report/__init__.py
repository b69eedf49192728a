"""Reports: measured calls become JSON, JUnit XML, a table for people, gates, audio files and one HTML page.

Lives here: documents and pages. The same calls give the same bytes.
Enters: metrics, record, events, errors; soundfile inside the function that encodes.
Never: a measurement of its own, a model, a request to anywhere, a printed line.
"""
