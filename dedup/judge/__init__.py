"""Judge candidate pairs: measure them, name their relation, form clusters, and explain each decision."""
