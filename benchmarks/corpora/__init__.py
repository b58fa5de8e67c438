"""Make the corpora that are measured: made-up texts, copies planted among real articles, the truth about both."""
