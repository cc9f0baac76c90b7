"""What people put on record in the workspace: pulses and plays, one file each, and who may do so.

`falsegreen pulse`, `play` and `people` are one way in, pages another. Nothing here is scored or published: runs read
the files in their ingest, as one table with the source.
"""
