"""Reading captions: one pass that gives header, zones, sentences, codes, people, cues and mentions, each with its place."""

from mlcap.captions.reading import Caption, read_caption
from mlcap.captions.zones import Sentence

__all__ = ["Caption", "Sentence", "read_caption"]
