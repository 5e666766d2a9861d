"""`aereport check`: a finished document held against its bundle. `document` looks at all of it, `gate` is CI's gate."""
