"""A tuning made readable: the table, the JSON document, the page with its worst clips.

Enters: a result, and the bench where clips are wanted. Never: another search.
"""
