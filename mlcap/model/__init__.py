"""A model version: on disk (`format`, `load`, `save`), among others (`registry`), and tagging with it (`scorer`, `review`, `tagging`)."""
