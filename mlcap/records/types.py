"""One incoming record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlcap.captions.catalogue import plain_id
from mlcap.captions.codes import image_id_form, is_telling_id
from mlcap.records.names import catalogue_fields


class Written(str):
    """A value that is no text, as it is written: a number in figures of its own, a time, bytes. It is no caption."""

    __slots__ = ()


@dataclass(frozen=True)
class Record:
    """One record of an input, readable or not.

    Attributes:
        position: where it stands, `FILE: line 7`.
        fields: the fields of the input, in order; for an unreadable record what is known of it.
        text: its caption; None where it has none or cannot be read.
        error: why it cannot be read; "" where it can.
        doubts: what makes the caption itself doubtful, for the reviewer; () for nothing.
        id: what the input calls it; "" where no field is known to say so.
    """

    position: str
    fields: Mapping[str, Any]
    text: str | None
    error: str = ""
    doubts: tuple[str, ...] = ()
    id: str = ""

    @property
    def catalogue(self) -> dict[str, str]:
        """Its bibliographic fields, see `catalogue_fields`; what names the record is its image id where it has the form of one."""
        found = catalogue_fields(self.fields)
        if image_id_form(plain_id(found.get("nasa_id", ""))) is None:
            # A photograph is named by its file.
            name = plain_id(self.id or str(self.fields.get("file", "")))
            if is_telling_id(name):
                return {**found, "nasa_id": name}
        return found


@dataclass(frozen=True)
class FieldChoice:
    """The fields that were asked for, by name; case, spaces and signs do not matter.

    Attributes:
        captions: those that may hold the caption, in order of preference; () to find it by its usual names.
        id: the one that names a record; None to find it by its usual names.
        required: whether a table that lacks what was asked for is refused; else that is found by its usual names there.
    """

    captions: tuple[str, ...] = ()
    id: str | None = None
    required: bool = True


#: None was asked for: they are found by their usual names.
ANY_FIELD = FieldChoice()
