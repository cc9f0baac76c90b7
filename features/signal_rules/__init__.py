"""One function per signal, named as `features/signals.yaml` names it, in a module per kind of source.

A function takes a `Scene` and says of each account (or renewal) and date it can judge whether the signal fires and what
speaks for it. What a signal is called, needs and calls for is declared, not coded.
"""
