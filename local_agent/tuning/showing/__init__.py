"""A tuning made readable: the table, the JSON document, the page with its worst clips.

Lives here: the table and the line of evidence, the document, the page, the worst clips.
Enters: a result, and the bench where clips are wanted. Never: another search.
"""
