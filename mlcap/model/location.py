"""Where the registry, the labels and the taxonomy are found."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from mlcap.model.registry_state import REGISTRY_FILE

#: What an installed wheel carries; in a checkout the same files lie at the top.
_PACKAGE = Path(__file__).resolve().parent.parent
_SHIPPED = _PACKAGE / "shipped"


@dataclass(frozen=True)
class ModelsFolder:
    """A registry's folder, and how it came to be chosen."""

    folder: Path
    chosen_by: str


def _shipped(name: str) -> Path:
    inside = _SHIPPED / name
    return inside if inside.exists() else _PACKAGE.parent / name


def shipped_models() -> Path:
    """The registry that came with this mlcap."""
    return _shipped("models")


def shipped_taxonomy() -> Path:
    """The taxonomy that came with this mlcap."""
    inside = _SHIPPED / "taxonomy.toml"
    return inside if inside.exists() else _PACKAGE.parent / "labels" / "taxonomy.toml"


def find_models(option: str | Path | None) -> ModelsFolder:
    """Choose the registry: the option, MLCAP_MODELS, `models/` here if it is a registry, else the shipped one."""
    if option:
        return ModelsFolder(Path(option), "--models")
    variable = os.environ.get("MLCAP_MODELS")
    if variable:
        return ModelsFolder(Path(variable), "MLCAP_MODELS")
    here = Path("models")
    if (here / REGISTRY_FILE).is_file():
        return ModelsFolder(here, "the current directory")
    return ModelsFolder(shipped_models(), "shipped with mlcap")


def default_labels() -> Path:
    """The labels folder to train on where none is named: `labels/` here."""
    return Path("labels")
