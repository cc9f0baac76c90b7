"""`falsegreen export`: a published table as a file for people and other systems. Nothing is computed here."""
