"""Records: captions read from text, tables, JSON, Parquet, photographs and sidecars, and tagged records written out."""
