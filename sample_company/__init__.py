"""A seeded B2B software company that honours the source contracts, with its planted truth on the side.

It exists to measure the pipeline against something known: who would churn with which probability, which hidden events
struck, how good each CSM's judgement is. It reads no feature and no model, and nothing in the pipeline reads its truth.
"""
