"""Run rivals over a file, each by a script in an environment of its own that imports nothing of this project."""
