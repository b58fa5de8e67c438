"""Show a run in a notebook: stories, pairs, explanations, texts side by side; `dedup.run.viewed_run` offers them."""
