"""What a model is asked to learn: pure functions from token ids to inputs, targets and visibility."""
