"""NASA's image library: its records fetched through the public search API."""
