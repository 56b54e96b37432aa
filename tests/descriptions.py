"""What describes the package and its labels for other programs, made from what there is: an SBOM, a data package, Croissant."""

from __future__ import annotations

import json
import re
import tomllib

from conftest import LABELS, ROOT

import mlcap
from mlcap.taxonomy import read_taxonomy

SBOM = ROOT / "sbom.cdx.json"
DATA_PACKAGE = LABELS / "datapackage.json"
CROISSANT = ROOT / "docs" / "labels-croissant.json"
_ABOUT = "Captions of human-spaceflight photographs with the event and the crew roles that they show: composed ones, and labels of real ones by id and digest."
_TITLE = "Labels of mlcap"
_CC_BY = "https://creativecommons.org/licenses/by/4.0/"
#: Table -> (what it holds, its key, column -> what it holds).
_TABLES = {
    "library.csv": (
        "Labels of captions of NASA's image library; the texts are there.",
        ["nasa_id"],
        {
            "nasa_id": "The image library's id.",
            "sha256": "Of the text that was labelled: UTF-8 in NFC, runs of white space made one space, ends stripped.",
            "event": "The event shown.",
            "crew_role": "The crew roles shown, parted by semicolons; empty for none.",
            "mission": "The group of captions that stays together in every split.",
            "sample": "How the caption came to be labelled.",
            "stratum": "The part of the archive that it belongs to.",
            "desk": "The office that wrote it.",
        },
    ),
    "library-readings.csv": (
        "Every annotation of a real caption.",
        [],
        {
            "nasa_id": "The image library's id.",
            "reader": "Who annotated.",
            "event": "The event, as this person has it.",
            "crew_role": "The crew roles, as this person has them, parted by semicolons.",
            "note": "What this person remarked.",
        },
    ),
    "corpus-readings.csv": (
        "Every annotation of a composed caption.",
        [],
        {
            "id": "The caption's id.",
            "reader": "Who annotated.",
            "event": "The event, as this person has it.",
            "crew_role": "The crew roles, as this person has them, parted by semicolons.",
        },
    ),
    "depiction.csv": (
        "Which sentences show the picture, and which of the people and posts named are in it.",
        [],
        {
            "id": "The caption's id.",
            "sha256": "Of its text, as in library.csv.",
            "reader": "Who annotated.",
            "sentences": "Offsets of sentences, each with a letter for what it does.",
            "people": "Offsets of people, each with a letter for whether the person is shown.",
            "roles": "Values at offsets, each with a letter for whether its bearer is shown.",
        },
    ),
}
#: Member of a composed caption -> (its type, what it holds).
_CORPUS = {
    "id": ("string", "The caption's id."),
    "text": ("string", "The caption, composed for mlcap; its people are invented."),
    "event": ("string", "The event shown."),
    "crew_role": ("array", "The crew roles shown."),
    "mission": ("string", "The group of captions that stays together in every split."),
    "era": ("string", "The years that it could be of."),
    "style": ("string", "The manner of writing."),
    "desk": ("string", "The office whose manner it is."),
    "record": ("object", "The bibliographic fields beside the caption."),
}


def text_of(data):
    """A description as it stands in its file."""
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _name(requirement):
    return re.match(r"[\w.-]+", requirement)[0]


def sbom():
    """A CycloneDX bill of materials: mlcap, and what it needs when it runs, in the versions known to work.

    The wheel itself holds nothing of others.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE))
    versions = {name.lower(): version for name, version in pinned.items()}
    names = [_name(requirement).lower() for requirement in project["dependencies"]]

    def component(kind, name, version):
        purl = f"pkg:pypi/{name}@{version}"
        return {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl}

    own = component("library", "mlcap", mlcap.__version__)
    parts = [component("library", name, versions[name]) | {"scope": "required"} for name in names]
    licences = [{"expression": project["license"]}]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": own | {"description": project["description"], "licenses": licences}},
        "components": parts,
        "dependencies": [
            {"ref": own["bom-ref"], "dependsOn": [part["bom-ref"] for part in parts]},
            *({"ref": part["bom-ref"]} for part in parts),
        ],
    }


def data_package():
    """A Frictionless Data Package of the tables and the corpus."""
    values = {facet.name: list(facet.names) for facet in read_taxonomy(LABELS / "taxonomy.toml")}

    def field(name, kind, holds):
        found = {"name": name, "type": kind, "description": holds}
        if name == "event":
            found["constraints"] = {"required": True, "enum": values["event"]}
        return found

    tables = [
        {
            "name": path.removesuffix(".csv"),
            "path": path,
            "profile": "tabular-data-resource",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "description": about,
            "schema": {
                "fields": [field(name, "string", holds) for name, holds in columns.items()],
                **({"primaryKey": key} if key else {}),
            },
        }
        for path, (about, key, columns) in _TABLES.items()
    ]
    corpus = [
        {
            "name": f"corpus-{path.stem}",
            "path": f"corpus/{path.name}",
            "format": "ndjson",
            "mediatype": "application/x-ndjson",
            "encoding": "utf-8",
        }
        for path in sorted((LABELS / "corpus").glob("*.jsonl"))
    ]
    return {
        "profile": "data-package",
        "name": "mlcap-labels",
        "title": _TITLE,
        "description": _ABOUT,
        "licenses": [{"name": "CC-BY-4.0", "path": _CC_BY}],
        "resources": [*tables, *corpus],
    }


def _context():
    terms = "citeAs column data dataBiases dataCollection extract field fileProperty fileObject fileSet format includes"
    terms += (
        " jsonPath key md5 parentField path personalSensitiveInformation recordSet references regex repeated replace"
    )
    terms += " samplingRate separator source subField transform"
    out = {"@language": "en", "@vocab": "https://schema.org/", "cr": "http://mlcommons.org/croissant/"}
    out |= {term: f"cr:{term}" for term in terms.split()}
    out |= {"data": {"@id": "cr:data", "@type": "@json"}, "dataType": {"@id": "cr:dataType", "@type": "@vocab"}}
    out |= {"examples": {"@id": "cr:examples", "@type": "@json"}, "sc": "https://schema.org/"}
    out |= {
        "conformsTo": "dct:conformsTo",
        "dct": "http://purl.org/dc/terms/",
        "rai": "http://mlcommons.org/croissant/RAI/",
    }
    return out


def croissant():
    """A Croissant description of the labels in a clone."""

    def fields(of, names):
        return [
            {
                "@type": "cr:Field",
                "@id": f"{of}/{name}",
                "name": name,
                "description": holds,
                "dataType": "sc:Text",
                **({"repeated": True} if kind == "array" else {}),
                "source": {"fileSet": {"@id": of}, "extract": extract},
            }
            for name, (kind, holds, extract) in names.items()
        ]

    tables = {path.removesuffix(".csv"): columns for path, (_, _, columns) in _TABLES.items()}
    sets = [
        {
            "@type": "cr:RecordSet",
            "@id": f"{name}-rows",
            "name": f"{name}-rows",
            "description": _TABLES[f"{name}.csv"][0],
            "field": fields(name, {column: ("string", holds, {"column": column}) for column, holds in columns.items()}),
        }
        for name, columns in tables.items()
    ]
    plain = {name: (kind, holds, {"column": name}) for name, (kind, holds) in _CORPUS.items() if kind != "object"}
    composed = {"@type": "cr:RecordSet", "@id": "composed-captions", "name": "composed-captions"}
    composed |= {"description": "Captions composed for mlcap.", "field": fields("corpus", plain)}

    def files(name, includes, kind):
        within = {"@id": "repository"}
        return {
            "@type": "cr:FileSet",
            "@id": name,
            "name": name,
            "containedIn": within,
            "encodingFormat": kind,
            "includes": includes,
        }

    return {
        "@context": _context(),
        "@type": "sc:Dataset",
        "name": "mlcap-labels",
        "description": _ABOUT,
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": _CC_BY,
        "version": mlcap.__version__,
        "isLiveDataset": True,
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "repository",
                "name": "repository",
                "description": "A clone of mlcap.",
                "contentUrl": "../",
                "encodingFormat": "git+https",
                "sha256": "main",
            },
            *(files(name, f"labels/{name}.csv", "text/csv") for name in tables),
            files("corpus", "labels/corpus/*.jsonl", "application/jsonlines"),
        ],
        "recordSet": [*sets, composed],
    }
