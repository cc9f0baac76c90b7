"""`falsegreen judge`: a file of past calls read, judged by `models.calls`, printed and written as one page."""
