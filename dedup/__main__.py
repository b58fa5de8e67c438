"""``python -m dedup``."""

from dedup.cli.main import console

console()
