"""`aereport check`: compares a finished document with its bundle. `document` runs all checks, `gate` is CI's gate."""
