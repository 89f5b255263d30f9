"""The polite crawler: pages of the web as WARC files, with an account of every address met."""
