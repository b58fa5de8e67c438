"""Write a run as pages for a browser: an overview, who copies whom, stories and pairs."""
