"""From a page as it was found to its text."""
