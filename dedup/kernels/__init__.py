"""Hold the compiled loops: they take and return arrays, and know nothing of the rest of the package."""
