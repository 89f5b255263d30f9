"""The report card of a run: gathered facts, told as a document, rendered as HTML and Markdown."""
