"""What a setting is worth on audio that was not searched: the split, intervals, differences, the whole result.

Lives here: the split, what is proposed and why, intervals, the verdict, doubts in a sentence each, the result.
Enters: everything that is searched with, and settings that are known elsewhere. Never: a layout, a number's format in a table.
"""
