"""Artefacts, fingerprints, the stage runner, and tables: what is written is whole or absent."""
