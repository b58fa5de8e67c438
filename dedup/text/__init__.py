"""Turn texts into tokens: remove markup, fold letters, split into words and hash them."""
