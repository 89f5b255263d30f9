"""The whole recipe: its settings, the strict reader, and the walk through its stages."""
