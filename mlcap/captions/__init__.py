"""Reading captions: normalisation, header, credit, sentences, and the zones lead and background."""

from mlcap.captions.reading import Caption, Sentence, read_caption

__all__ = ["Caption", "Sentence", "read_caption"]
