"""Tagging from inputs into a file: stopped at any instant, a run goes on where it ended."""
