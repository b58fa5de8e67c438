"""Make wire stories that many outlets carry, each in a version of its own, and the truth about them."""
