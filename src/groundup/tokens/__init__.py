"""Text to numbers: tokenizers, shards of token ids on disk, and the batches drawn from them."""
