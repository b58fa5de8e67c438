"""Hold the compiled loops: arrays in, arrays out, no knowledge of the rest of the package."""
