"""TOML from anywhere, read within bounds; what is wrong is said in words that follow the file's name."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

#: No file of TOML that mlcap reads has more bytes.
_LARGEST = 1 << 20


def read_toml(path: Path) -> dict[str, Any]:
    """Read a file of TOML.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no TOML, or larger than a mebibyte; says what is wrong.
    """
    with open(path, "rb") as stream:
        content = stream.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError(f"has more than {_LARGEST >> 20} MiB")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError("is no UTF-8 text; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"is no valid TOML: {error}") from error
    except ValueError as error:
        # A whole number of thousands of figures, which Python does not read.
        raise ValueError("is no valid TOML: it holds a number that is too long") from error
    except RecursionError as error:
        raise ValueError("is no valid TOML: it is nested too deeply") from error
