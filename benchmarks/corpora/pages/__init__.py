"""Make pages of sites: real articles with made-up furniture around them, and copies and excerpts on other sites."""
