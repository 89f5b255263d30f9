"""What a text is like, in numbers that stay with it, and the rules that judge by these numbers alone."""
