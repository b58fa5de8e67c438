"""``dedup index``: one file a subcommand."""
