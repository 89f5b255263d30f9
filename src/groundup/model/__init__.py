"""Models: an embedding, stacks of mixers, and heads. Nothing here knows how a model is trained or served."""
