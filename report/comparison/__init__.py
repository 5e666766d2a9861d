"""`aereport compare`: what changed between two runs, and the forms in which it is reported."""
