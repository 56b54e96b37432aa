"""Previews of photographs in forms that no browser shows: TIFF, HEIC and the like, as a JPEG of a size for a card."""

from __future__ import annotations

import io
import warnings
from contextlib import suppress
from pathlib import PurePosixPath
from threading import Lock
from typing import TYPE_CHECKING, Any, BinaryIO

from mlcap.errors import DeskError

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

#: The longer side of a preview, and what its picture may have at most, so that none takes the machine's memory.
_SIDE, _MOST_POINTS = 1600, 150_000_000
#: What is decoded: still pictures of archives and telephones, by Pillow's names.
_FORMATS = ("TIFF", "JPEG2000", "PSD", "BMP")
_HEIC = (".heic", ".heif", ".hif")
#: Decoding takes up to a gigabyte, so it is done for one photograph at a time.
_ONE = Lock()


def preview(stream: BinaryIO, name: str) -> bytes:
    """A photograph as a JPEG that is no larger than a card needs, turned as the camera was held.

    Args:
        name: of its file, for what is said where there is no preview.

    Raises:
        DeskError: it cannot be decoded, is too large, or what decodes it is not installed.
    """
    suffix = PurePosixPath(name).suffix.lower()
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise DeskError(
            f"browsers show no {suffix} files; a preview needs the extra `desk`, which has Pillow"
        ) from error
    formats = decoders()
    if suffix in _HEIC and "HEIF" not in formats:
        raise DeskError(f"browsers show no {suffix} files; a preview needs the extra `heic`")
    with _ONE, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Of odd tags and of large pictures, which are looked at here.
        try:
            with Image.open(stream, formats=formats) as image:
                if image.width * image.height > _MOST_POINTS:
                    raise DeskError(f"the picture has {image.width} by {image.height} points, too many for a preview")
                small = ImageOps.exif_transpose(_eight_bits(image))
                small.thumbnail((_SIDE, _SIDE))
                out = io.BytesIO()
                small.convert("RGB").save(out, "JPEG", quality=85)
                return out.getvalue()
        except DeskError:
            raise
        except Exception as error:  # Decoders of hostile files raise whatever they like.
            raise DeskError(f"there is no preview of this {suffix or 'file'}; open it in another program") from error


def decoders() -> list[str]:
    """The forms that can be decoded here, by Pillow's names."""
    with suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
        return [*_FORMATS, "HEIF"]
    return [*_FORMATS]


def _eight_bits(image: Picture) -> Any:
    """A picture of one channel with more than eight bits as one of eight; others as they are."""
    if not image.mode.startswith(("I", "F")):
        return image
    whole = image.convert("F")
    low, high = whole.getextrema()
    span = (float(high) - float(low)) or 1.0  # type: ignore[arg-type]
    return whole.point(lambda v: (v - float(low)) * (255 / span)).convert("L")  # type: ignore[arg-type]
