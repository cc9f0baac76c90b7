"""Point-in-time features: the one date cut, the spine of renewals by date, one module per family, and the labels.

Nothing here is fitted and nothing reads the clock: a feature is a pure expression over what was recorded before
its date.
"""
