"""Where texts come from: files in many formats, and books."""
