"""Open files where they are: one module for each kind of place."""
