"""A model version on disk: plain arrays and JSON, checked before use, never code."""
