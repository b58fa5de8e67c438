"""Judge candidate pairs: measure them, determine their relation, form clusters, and explain each decision."""
