"""What people decided: the taxonomy, the composed corpus, the library's labels, and the held-out missions."""
