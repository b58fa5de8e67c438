"""Arrays on disk and in memory, scratch files, threads, and the limits of the machine."""
