"""Exports: labelled captions, a table for people, and the forms of Prodigy, Label Studio and Argilla.

What other programs take is written after their documentation: a Prodigy dataset is JSON Lines of tasks with `options`
and `accept`, Label Studio exchanges a JSON list of tasks with annotations and predictions of the type `choices`, and
Argilla a JSON list of records with suggestions and responses by question.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from mlcap.errors import DeskError, OutputError
from mlcap.files import replace_file
from mlcap.records.writing import json_line, table_cell
from mlcap.review.desk import Desk
from mlcap.review.labels import (
    REJECTED,
    DecidedCaption,
    Exported,
    basis_of,
    decided_captions,
    label_record,
    listed,
    rejected_column,
)
from mlcap.review.types import Values, each_of
from mlcap.rounding import rounded
from mlcap.text import counted
from mlcap.types import Facet

#: File in a folder of labels that is exported.
CAPTIONS = "captions.jsonl"
#: The facets in it.
TAXONOMY = "taxonomy.toml"
_Rows = Sequence[DecidedCaption]


def _labels(rows: _Rows, facets: Sequence[Facet]) -> str:
    return "".join(json_line(label_record(one, facets)) for one in rows)


def _csv(rows: _Rows, facets: Sequence[Facet]) -> str:
    names = [f.name for f in facets]
    off = [rejected_column(name) for name in names]
    columns = ["id", "text", *names, *off, "mission", "decided_by", "decided_at", "seen_with_suggestion", "read_blind"]
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow([*columns, "suggested_by"])
    for one in rows:
        record = label_record(one, facets)
        record |= {rejected_column(name): values for name, values in record.get(REJECTED, {}).items()}
        table.writerow([table_cell(record.get(name)) for name in [*columns, "suggested_by"]])
    return out.getvalue()


def option_of(facet: str, value: str) -> str:
    """A value among the options of a task that has those of all facets."""
    return f"{facet}={value}"


def _options(values: Values) -> list[str]:
    return [option_of(f, v) for f, value in values.items() for v in each_of(value)]


def _number(text: str) -> int:
    """A stable number of a text, as the programs want one."""
    return int(hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()[:8], 16) & 0x7FFFFFFF


def _prodigy(rows: _Rows, facets: Sequence[Facet]) -> str:
    options = [{"id": option_of(f.name, v), "text": f"{f.name}: {v}"} for f in facets for v in f.names]
    lines = []
    for one in rows:
        record = label_record(one, facets)
        meta = {k: record[k] for k in ("id", "mission")} | basis_of(one, facets)
        lines.append(
            json_line(
                {
                    "text": one.caption.text,
                    "meta": meta | {"facets": list(one.labels)},
                    "options": options,
                    "accept": _options(one.labels),
                    "answer": "accept",
                    "_view_id": "choice",
                    "_input_hash": _number(one.caption.digest),
                    "_task_hash": _number(one.caption.digest + one.id),
                    "_annotator_id": one.outcome.last.person,
                    "_session_id": one.outcome.last.person,
                    "_timestamp": int(datetime.fromisoformat(one.outcome.last.at).timestamp()),
                }
            )
        )
    return "".join(lines)


def _choices(values: Values) -> list[dict[str, Any]]:
    return [
        {
            "from_name": name,
            "to_name": "text",
            "type": "choices",
            "value": {"choices": list(each_of(value))},
        }
        for name, value in values.items()
    ]


def _label_studio(rows: _Rows, facets: Sequence[Facet]) -> str:
    tasks = []
    for one in rows:
        task: dict[str, Any] = {
            "data": {"id": one.id, "text": one.caption.text, "mission": one.caption.group},
            "annotations": [
                {
                    "result": _choices(one.labels),
                    "completed_by": {"email": f"{one.outcome.last.person}"},
                    "created_at": one.outcome.last.at,
                    "was_cancelled": False,
                    "ground_truth": not one.outcome.accepted,
                }
            ],
            "meta": basis_of(one, facets),
        }
        if one.suggestion:
            task["predictions"] = [
                {
                    "model_version": one.suggestion.model,
                    "score": rounded(one.suggestion.sure),
                    "result": _choices(one.suggestion.tags),
                }
            ]
        tasks.append(task)
    return json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"


def _argilla(rows: _Rows, facets: Sequence[Facet]) -> str:
    records = []
    for one in rows:
        responses = {
            name: [{"value": value, "user_id": one.outcome.last.person, "status": "submitted"}]
            for name, value in listed(one.labels).items()
        }
        suggestions = {
            name: {"value": value, "score": None, "agent": one.suggestion.model if one.suggestion else None}
            for name, value in listed(one.suggestion.tags if one.suggestion else {}).items()
        }
        metadata = {"mission": one.caption.group} | basis_of(one, facets)
        records.append(
            {
                "id": one.id,
                "status": "completed",
                "fields": {"text": one.caption.text},
                "metadata": metadata,
                "suggestions": suggestions,
                "responses": responses,
                "vectors": {},
            }
        )
    return json.dumps(records, ensure_ascii=False, indent=1) + "\n"


#: Form -> (what writes it, extension of its files).
FORMS: dict[str, tuple[Callable[[_Rows, Sequence[Facet]], str], str]] = {
    "labels": (_labels, ".jsonl"),
    "csv": (_csv, ".csv"),
    "prodigy": (_prodigy, ".jsonl"),
    "label-studio": (_label_studio, ".json"),
    "argilla": (_argilla, ".json"),
}


def exported_text(desk: Desk, form: str, with_accepted: bool = True) -> tuple[str, Exported]:
    """The labelled captions of a desk in one of `FORMS`, and what is among them.

    Raises:
        DeskError: nothing is decided yet, or nothing but what is left out.
    """
    found = decided_captions(desk.store, with_accepted)
    if not found.captions and found.accepted:
        merely = counted(found.accepted, "decided caption was", "decided captions were")
        raise DeskError(
            f"{desk.store.folder}: {merely} merely left as suggested, and nothing else is decided; export without --without-accepted"
        )
    if not found.captions:
        raise DeskError(
            f"{desk.store.folder}: nothing is decided yet; decide with `mlcap review open {desk.store.folder}`"
        )
    return FORMS[form][0](found.captions, desk.facets), found


def exported_files(out: Path, form: str) -> tuple[Path, ...]:
    """The files that `export_to` writes: a folder's captions and taxonomy, or the one file."""
    folder = form == "labels" and (out.is_dir() or not out.suffix)
    return (out / CAPTIONS, out / TAXONOMY) if folder else (out,)


def export_to(desk: Desk, out: Path, form: str, with_accepted: bool = True) -> Exported:
    """Write the labelled captions into a file, which is whole or not there, or as a folder of labels.

    Args:
        out: a file; for `labels` a name without extension is a folder, which gets the taxonomy as well and can be
            trained on as it is.

    Raises:
        DeskError: nothing is decided yet, or the folder holds labels of others.
        OutputError: it cannot be written.
    """
    text, found = exported_text(desk, form, with_accepted)
    captions, *taxonomy = exported_files(out, form)
    try:
        if taxonomy:
            others = [p.name for p in out.glob("*.jsonl") if p.name != CAPTIONS] if out.is_dir() else []
            if others:
                raise DeskError(f"{out}: holds {others[0]}, which may have the same captions; name a folder of its own")
            out.mkdir(parents=True, exist_ok=True)
            replace_file(taxonomy[0], taxonomy_toml(desk.facets).encode("utf-8"))
        replace_file(captions, text.encode("utf-8", errors="surrogatepass"))
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror}); free space or write elsewhere") from error
    return found


def taxonomy_toml(facets: Sequence[Facet]) -> str:
    """The facets as a `taxonomy.toml`."""

    def text(value: str) -> str:
        # JSON's escapes are TOML's, but for the characters beyond 16 bits, which need none.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

    lines = []
    for facet in facets:
        lines += [f"[facet.{facet.name}]", f"multiple = {str(facet.multiple).lower()}"]
        lines += [f"definition = {text(facet.definition)}", ""]
        for value in facet.values:
            lines += [
                f"[[facet.{facet.name}.value]]",
                f"name = {text(value.name)}",
                f"definition = {text(value.definition)}",
            ]
            lines += [f"thesaurus = {text(value.thesaurus)}"] if value.thesaurus else []
            lines += [f"words = [{', '.join(map(text, value.words))}]"] if value.words else []
            lines.append("")
    return "\n".join(lines)
