"""Personal data that leaves no trace in a corpus: found by patterns, checked by validators, replaced by a mask."""
