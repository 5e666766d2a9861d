"""What `report.compare` finds between two runs, and the forms in which it is told."""
