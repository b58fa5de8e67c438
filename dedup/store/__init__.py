"""Store data in arrays on disk and in memory, work on several threads, and find the limits of the machine."""
