"""What a setting is worth on audio that was not searched: the split, intervals, differences, the whole result.

Enters: everything that is searched with, and settings that are known elsewhere. Never: text for people.
"""
