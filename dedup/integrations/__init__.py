"""Where dedup meets other programs. Nothing else in the package imports from here."""
