"""Incoming records: captions from text, JSON Lines, CSV and TSV, and tagged records back out."""
