"""The inbox: a folder whose files are tagged as they arrive, with a ledger that knows every record."""
