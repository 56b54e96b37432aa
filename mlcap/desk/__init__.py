"""The review desk in a browser: one web application of routers behind one guard."""
