"""Tagging from inputs into a file, in one process or several: stopped at any instant, a run goes on where it ended."""
