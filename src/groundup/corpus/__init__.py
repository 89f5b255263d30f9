"""The corpus: texts found, read, cleaned, freed of duplicates and split, with nothing lost in silence."""
