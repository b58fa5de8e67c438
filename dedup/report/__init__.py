"""Show a run to a person: its summary as a table, and texts that are safe to print."""
