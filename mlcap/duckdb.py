"""Captions in DuckDB: functions of SQL that tag them.

    import duckdb, mlcap.duckdb
    connection = duckdb.connect("archive.duckdb")
    mlcap.duckdb.register(connection)
    connection.sql("SELECT id, unnest(mlcap_tag(Description)) FROM captions")
    connection.sql("SELECT c.id, unnest(mlcap_tag_row(to_json(c))) FROM captions c")

Needs the extra `duckdb`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from mlcap.errors import InputError, install_extra
from mlcap.pinned import Pinned, pin
from mlcap.records.finder import Finder
from mlcap.records.parse import TooLargeError, parse_json
from mlcap.records.types import ANY_FIELD, FieldChoice, Record
from mlcap.text import one_line


def register(
    connection: Any,
    name: str = "mlcap_tag",
    *,
    text: str | Sequence[str] = (),
    id: str | None = None,  # noqa: A002 (as the option is called)
    model: str | int = "current",
    models: str | Path | None = None,
    text_only: bool = False,
    target: float | None = None,
) -> None:
    """Give a connection two functions of SQL; the other arguments are those of `mlcap.pinned.pin`.

    `mlcap_tag(VARCHAR)` tags a caption by itself, `mlcap_tag_row(JSON)` a row with what stands beside its caption. Both
    give a STRUCT with the members of `mlcap.model.arrow_schema.arrow_schema`; of what cannot be read it has `error` alone.

    Args:
        connection: of DuckDB.
        name: of the first function; the other's ends in `_row`.
        text: the member of the JSON with the caption, or several in order of preference; none to find it by its usual
            names.

    All connections of a process to one database share the functions. The connection that registered them replaces them by
    registering again, by which a newer version comes into use; it has to be kept for as long as they are
    called, since DuckDB calls what is no more where a cursor that registered them was forgotten.

    Raises:
        InputError: `connection` is none, the name cannot be one of a function, another connection has registered it, or
            the extra `duckdb` is missing.
        RegistryError, ArtifactError: there is no such version, or it is damaged.
    """
    try:
        import duckdb
    except ImportError as error:
        raise InputError(f"functions of DuckDB need the package duckdb; {install_extra('duckdb')}") from error
    if not hasattr(connection, "create_function"):  # The module itself is a connection, too.
        raise InputError(f"{type(connection).__name__} is no connection of DuckDB; give what duckdb.connect() gives")
    pinned = pin(text, id, model, models, text_only, target)
    kind = _struct(duckdb, pinned)
    for function, of, read in ((name, "VARCHAR", _captions), (f"{name}_row", "JSON", _rows)):
        with suppress(duckdb.Error):  # There is none yet, or another connection registered it.
            connection.remove_function(function)
        try:
            connection.create_function(
                function, _function(pinned, read), [of], kind, type="arrow", null_handling="special"
            )
        except duckdb.Error as error:
            if _is_shared(connection, function):
                raise InputError(
                    f"{function}: another connection to this database has registered it, and this one has it as well;"
                    " to replace it register on that connection, or give another name"
                ) from error
            raise InputError(f"{name}: cannot be registered ({one_line(str(error))[:200]})") from error


def _is_shared(connection: Any, function: str) -> bool:
    """Whether the database has a function of Python of this name."""
    import duckdb

    try:
        found = connection.execute(
            "SELECT DISTINCT return_type FROM duckdb_functions() WHERE function_name = ?", [function.lower()]
        )
        return any(str(kind).startswith("STRUCT(") for (kind,) in found.fetchall())
    except duckdb.Error:
        return False


def _struct(duckdb: Any, pinned: Pinned) -> Any:
    """The schema as a type of DuckDB, which tells it from an empty table."""
    with duckdb.connect() as memory:
        empty = memory.from_arrow(pinned.schema.empty_table())
        return duckdb.struct_type(dict(zip(empty.columns, empty.types, strict=True)))


def _function(
    pinned: Pinned, read: Callable[[FieldChoice, Sequence[str | None]], Iterator[Record]]
) -> Callable[[Any], Any]:
    # Without words for its types, since DuckDB looks them up where they are not imported.
    return lambda column: (
        pinned.tags_of_records(read(pinned.choice, column.to_pylist())).to_struct_array().combine_chunks()
    )


def _captions(_: FieldChoice, texts: Sequence[str | None]) -> Iterator[Record]:
    finder = Finder(ANY_FIELD, "the column", lambda _: None)
    return (finder.record({"text": text}, "") for text in texts)


def _rows(choice: FieldChoice, texts: Sequence[str | None]) -> Iterator[Record]:
    finder = Finder(choice, "the row", lambda _: None)
    for text in texts:
        try:
            data = parse_json(text or "null")
        except TooLargeError as error:
            yield Record("", {}, None, str(error))
            continue
        except ValueError:
            yield Record("", {}, None, "is no JSON; give to_json(t) of a table t")
            continue
        if isinstance(data, dict) and data:
            yield finder.record(data, "")
        else:
            what = "holds nothing" if data == {} else "is no JSON object"
            yield Record("", {}, None, f"{what}; give to_json(t) of a table t")
