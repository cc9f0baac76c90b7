"""Everything that is fitted on outcomes, and what is told about it.

Frames and plain data come in, frames and plain data go out: nothing here reads a file, a clock or a tracking server.
What needs no outcome belongs in `features`; what knows where tables lie belongs in `pipelines`.
"""
