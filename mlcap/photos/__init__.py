"""Photographs: the captions embedded in them or in their XMP sidecars, and tags written to them by a plan."""
