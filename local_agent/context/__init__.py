"""Context: what is known at the moment when a caller cuts in, as a value and as text for a prompt.

Lives here: delivered and remaining text, the class of an interruption (rules over an editable lexicon), its
rendering. Enters: record (a spoken turn), errors; the standard library. Never: audio, a model, a clock, the
network; what to answer (that is dialogue's).
"""
