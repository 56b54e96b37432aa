"""What `benchmarks/kills.py` kills, by what it writes."""
