"""What every table promises: the contracts, their typed reader, and the checking of tables against them.

Types, keys, allowed values, ranges and the rules of time are stated in `sources/` and `outputs/` and nowhere else. What
a table means to the model does not belong here; nothing in this package knows of features, models or pipelines.
"""
