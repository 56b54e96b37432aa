"""Codes: image ids, missions, vehicles, dates, places, agencies and crew-role words, each with one canonical name.

Usable on their own: `find_codes(text)` gives what a text names, canonically.
"""

from mlcap.captions.codes.finder import codes_among, find_codes, is_telling_id
from mlcap.captions.codes.image_ids import image_id_form
from mlcap.captions.codes.types import Code

__all__ = ["Code", "codes_among", "find_codes", "image_id_form", "is_telling_id"]
