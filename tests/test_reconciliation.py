"""The reconciliation interface: held to schemas, to those of the specification where they lie beside the checkout, and to a session of OpenRefine's."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from conftest import ROOT, corpus_records
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7
from services import CAPTION, check, serving

import mlcap
from mlcap.service.limits import MOST_CONCEPTS, MOST_QUERIES

#: Schemas and examples of the W3C community group; they are not ours to ship, and are used where they lie at hand.
SPECIFICATION = ROOT.parent / "shared" / "reconciliation-0.2"
needs_specification = pytest.mark.skipif(
    not SPECIFICATION.is_dir(), reason="the specification's schemas do not lie beside the checkout"
)
FRENCH = "Le commandant et le pilote attendent devant la fusée avant le lancement de demain."
ROLES = "Commander Ines Duarte and Pilot Jonas Weir pose beside their spacecraft after the launch rehearsal."


def official(name, data):
    """Hold data to a schema of the specification, where it is at hand."""
    if not SPECIFICATION.is_dir():
        return
    files = {p.name: json.loads(p.read_text("utf-8")) for p in (SPECIFICATION / "schemas").glob("*.json")}
    # The drafts of these schemas are named in an old way, and refer to each other by file.
    known = [(f"urn:spec:{n}", Resource.from_contents(s | {"$id": f"urn:spec:{n}"}, DRAFT7)) for n, s in files.items()]
    text = json.dumps(files[f"{name}.json"]).replace('"type.json"', '"urn:spec:type.json"')
    text = text.replace('"http://swagger.io/v2/schema.json#', '"urn:spec:openapi.json#')
    schema = json.loads(text) | {"$id": f"urn:spec:{name}.json", "$schema": "http://json-schema.org/draft-07/schema#"}
    fixed = [
        (
            i,
            Resource.from_contents(
                json.loads(json.dumps(r.contents).replace('"type.json"', '"urn:spec:type.json"')), DRAFT7
            ),
        )
        for i, r in known
    ]
    Draft7Validator(schema, registry=Registry().with_resources(fixed)).validate(data)


@pytest.fixture(scope="module")
def served(small, tmp_path_factory):
    """A service that all tests here ask."""
    with serving(tmp_path_factory.mktemp("service"), small / "models") as found:
        yield found


@pytest.fixture
def refine(served):
    """A client that knows nothing but the address it was given, as OpenRefine does: (client, path)."""
    with served.client("") as client:
        yield client, f"/reconcile/{served.token}"


def asked(refine, queries, **more):
    """Answers to a batch."""
    client, path = refine
    answer = client.post(path, data={"queries": json.dumps(queries)}, **more)
    assert answer.status_code == 200, answer.text
    official("reconciliation-query-batch", queries)
    official("reconciliation-result-batch", answer.json())
    check("reconciliation-results", answer.json())
    return answer.json()


def refusal(answer):
    """(status, detail) of a problem."""
    check("problem", answer.json())
    return answer.status_code, answer.json()["detail"]


def test_the_manifest(refine, served):
    """It fits the schemas; every address in it is answered, with the token that the client came with."""
    client, path = refine
    manifest = client.get(path).json()
    check("reconciliation-manifest", manifest)
    official("manifest", manifest)
    assert "authentication" not in manifest
    iri = "urn:mlcap:event:launch"
    for what, one in manifest["suggest"].items():
        assert client.get(f"{one['service_url']}{one['service_path']}?prefix=l").status_code == 200
        known = {"entity": iri, "type": "event", "property": "title"}[what]
        flyout = one["service_url"] + one["flyout_service_path"].replace("${id}", known)
        found = client.get(flyout)
        check("reconciliation-flyout", found.json())
        assert found.json()["id"] == known
    for one in ("view", "preview"):
        assert "Getting a vehicle to space" in client.get(manifest[one]["url"].replace("{{id}}", iri)).text
    propose = manifest["extend"]["propose_properties"]
    assert client.get(f"{propose['service_url']}{propose['service_path']}?type=event").status_code == 200
    with served.client() as by_header:
        other = by_header.get("/reconcile").json()
        assert other["authentication"]["name"] == "Authorization"
        official("manifest", other)
        assert served.token not in json.dumps(other)


def test_candidates_are_the_values_with_their_probabilities(refine, tagger):
    """Type = facet, id = IRI, score and features = what the tagger says; most probable first."""
    (found,) = asked(refine, {"q0": {"query": CAPTION, "type": "event"}}).values()
    tagged, facet = tagger.tag_one(CAPTION), tagger.facets[0]
    ranked = sorted(tagged.facets["event"].probabilities.items(), key=lambda one: -one[1])
    assert [(c["id"], c["name"]) for c in found["result"]] == [(facet.iri(n), n) for n, _ in ranked]
    for candidate, (name, p) in zip(found["result"], ranked, strict=True):
        features = {f["id"]: f["value"] for f in candidate["features"]}
        assert candidate["type"] == [{"id": "event", "name": "event"}]
        assert candidate["score"] == pytest.approx(100 * p, abs=0.01)
        assert features["probability"] == p
        assert features["given"] == (name == tagged.event)
        assert features["margin"] == pytest.approx(
            p - (ranked[1][1] if name == ranked[0][0] else ranked[0][1]), abs=1e-4
        )
        assert features["automatic"] != tagged.needs_review
        reasons = {n.removeprefix("reason: ") for n, v in features.items() if n.startswith("reason: ") and v}
        assert reasons == {str(r.kind) for r in tagged.reasons}
        assert candidate["match"] == (not tagged.needs_review and name == tagged.event)


def test_an_empty_query_has_no_candidate_and_spoils_no_batch(refine):
    """An empty cell among others finds nothing; the others are answered."""
    found = asked(refine, {"q0": {"query": CAPTION}, "q1": {"query": ""}, "q2": {"query": " "}})
    assert found["q0"]["result"]
    assert [found[key] for key in ("q1", "q2")] == [{"result": []}] * 2


def test_a_match_is_what_is_automatic_and_alone(tmp_path):
    """Over many captions: one matches where the caption needs no review and one value is given; of several none."""
    # The shipped version is sure of some of them, which one trained on a few captions need not be.
    tagger = mlcap.load(models=ROOT / "models")
    with serving(tmp_path, ROOT / "models") as served, served.client("") as client:
        _match_what_is_automatic((client, f"/reconcile/{served.token}"), tagger)


def _match_what_is_automatic(refine, tagger):
    captions = [r["text"] for r in corpus_records()[::81]]
    kinds = Counter()
    for start in range(0, len(captions), MOST_QUERIES):
        part = {f"q{n}": {"query": text} for n, text in enumerate(captions[start : start + MOST_QUERIES])}
        answers = asked(refine, part)
        for one, tagged in zip(answers.values(), tagger.tag([q["query"] for q in part.values()]), strict=True):
            for name, facet in tagged.facets.items():
                matched = [c["name"] for c in one["result"] if c["match"] and c["type"][0]["id"] == name]
                alone = not tagged.needs_review and len(facet.values) == 1
                assert matched == (list(facet.values) if alone else [])
                kinds[name, bool(matched), len(facet.values) > 1] += 1
    assert kinds["event", True, False]
    assert kinds["event", False, False]
    assert kinds["crew_role", True, False]
    assert kinds["crew_role", False, True]


def test_types_limits_and_properties(refine, served):
    """A query is held to its types and limit; its properties are the record beside the caption."""
    found = asked(
        refine,
        {
            "all": {"query": CAPTION},
            "two": {"query": CAPTION, "type": ["event", "crew_role"], "limit": 3, "type_strict": "should"},
            "none": {"query": CAPTION, "type": "person"},
            "zero": {"query": CAPTION, "limit": 0},
            "french": {"query": FRENCH},
            "blank": {"query": " "},
            "by title": {
                "query": "A crane waits.",
                "properties": [{"pid": "title", "v": ["Launch", {"id": "x", "name": "day"}]}],
            },
            "no query": {"properties": [{"pid": "text", "v": CAPTION}, {"pid": "n", "v": 1}]},
        },
    )
    counts = {key: len(one["result"]) for key, one in found.items()}
    every = sum(len(f.values) for f in served.service.current().facets)
    assert counts == {
        "all": every,
        "two": 3,
        "none": 0,
        "zero": 0,
        "french": 0,
        "blank": 0,
        "by title": every,
        "no query": every,
    }
    assert [c["name"] for c in found["no query"]["result"]] == [c["name"] for c in found["all"]["result"]]


@pytest.mark.parametrize(
    ("queries", "status", "words"),
    [
        ([], 400, "is an object"),
        ({"q": {}}, 400, "neither a query nor properties"),
        ({"q": 1}, 400, "is no object"),
        ({"q": {"query": 1}}, 400, "query is a text"),
        ({"q": {"query": "x", "limit": "1"}}, 400, "limit is a number"),
        ({"q": {"query": "x", "type": [1]}}, 400, "type is a text or a list"),
        ({"q": {"query": "x", "type_strict": "most"}}, 400, "type_strict one of any, should, all"),
        ({"q": {"query": "x", "properties": [{"p": "a"}]}}, 400, "a property is an object"),
        ({"q": {"query": "x", "properties": [{"pid": "a", "v": None}]}}, 400, "the value of a property"),
        ({"q": {"query": "x", "lines": 3}}, 400, "has 'lines', and may have"),
        ({f"q{n}": {"query": "x"} for n in range(MOST_QUERIES + 1)}, 413, "(batchSize)"),
    ],
)
def test_what_is_no_batch_is_refused(refine, queries, status, words):
    """Each fault is named with its query."""
    client, path = refine
    for answer in (
        client.post(path, data={"queries": json.dumps(queries)}),
        client.get(path, params={"queries": json.dumps(queries)}),
    ):
        found = refusal(answer)
        assert found[0] == status
        assert words in found[1]


def test_forms_that_ask_for_nothing_are_refused(refine):
    """A POST without queries or extend, of another kind, or that is no JSON says so."""
    client, path = refine
    assert refusal(client.post(path, data={"x": "1"})) == (400, "the form has neither queries nor extend")
    assert refusal(client.post(path, data={"queries": "{"}))[0] == 400
    assert refusal(client.post(path, json={}))[0] == 415
    assert refusal(client.get(f"{path}/preview?id=urn:none"))[0] == 404
    assert refusal(client.get(f"{path}/preview"))[0] == 400
    assert refusal(client.get(f"{path[:-1]}x"))[0] in (401, 404)


def test_suggestions(refine):
    """Values by name, word or IRI; facets; what may be told of a caption; each from a cursor on."""
    client, path = refine

    def names(what, **more):
        found = client.get(f"{path}/suggest/{what}", params=more).json()
        check("reconciliation-suggestions", found)
        plural = {"entity": "entities", "type": "types", "property": "properties"}[what]
        official(f"suggest-{plural}-response", found)
        return [one["name"] for one in found["result"]]

    assert names("entity", prefix="la") == ["launch", "landing"]
    assert names("entity", prefix="engineer") == ["flight-engineer"]
    assert names("entity", prefix="URN:MLCAP:crew_role:p") == ["pilot", "payload-specialist", "prime-crew"]
    assert names("entity", prefix="zz") == []
    assert names("entity", prefix="la", cursor=1) == ["landing"]
    assert names("type", prefix="crew") == ["crew role"]
    assert names("property", prefix="ti") == ["title"]


def test_the_extension_tells_of_concepts(refine, tagger):
    """Properties of matched values as columns; ids that are none of ours have empty cells; too much is refused."""
    client, path = refine
    unknown = client.get(f"{path}/propose?type=zzz")
    assert (unknown.status_code, "there are event" in unknown.json()["detail"]) == (404, True)
    proposed = client.get(f"{path}/propose?type=event&limit=3").json()
    check("reconciliation-properties", proposed)
    official("data-extension-property-proposal", proposed)
    facet = tagger.facets[0]
    query = {"ids": [facet.iri("launch"), facet.iri("other"), "Q1"], "properties": proposed["properties"]}
    query["properties"].append({"id": "thesaurus", "settings": {}})
    official("data-extension-query", query)
    found = client.post(path, data={"extend": json.dumps(query)}).json()
    check("reconciliation-extension", found)
    official("data-extension-response", found)
    assert found["rows"]["Q1"] == {"name": [], "facet": [], "definition": [], "thesaurus": []}
    assert found["rows"][facet.iri("launch")]["thesaurus"] == [{"str": "SPACECRAFT LAUNCHING"}]
    assert found["rows"][facet.iri("other")]["thesaurus"] == []
    many = {"ids": ["x"] * (MOST_CONCEPTS + 1), "properties": []}
    assert refusal(client.post(path, data={"extend": json.dumps(many)}))[0] == 413
    odd = {"ids": ["x"], "properties": [{"id": "population"}]}
    assert "there is no property 'population'" in refusal(client.post(path, data={"extend": json.dumps(odd)}))[1]
    assert refusal(client.post(path, data={"extend": "[]"}))[0] == 400


def test_a_preview_shows_text_and_loads_nothing(refine):
    """The page is escaped and small, may stand in a frame, and has neither script nor style."""
    client, path = refine
    page = client.get(f"{path}/preview?id=urn:mlcap:crew_role:pilot")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "script" not in page.text
    assert "<h1>pilot</h1>" in page.text


@needs_specification
def test_the_examples_of_the_specification(refine):
    """Its valid batches and extension queries are understood, its invalid ones refused."""
    client, path = refine
    examples = SPECIFICATION / "examples"
    for file in sorted((examples / "reconciliation-query-batch" / "valid").glob("*.json")):
        answers = asked(refine, batch := json.loads(file.read_text("utf-8")))
        assert answers.keys() == batch.keys()
    for file in sorted((examples / "reconciliation-query-batch" / "invalid").glob("*.json")):
        answer = client.post(path, data={"queries": file.read_text("utf-8")})
        assert answer.status_code == 400, file.name
    for file in sorted((examples / "data-extension-query" / "valid").glob("*.json")):
        query = json.loads(file.read_text("utf-8"))
        query["properties"] = [{"id": "name"}]
        found = client.post(path, data={"extend": json.dumps(query)}).json()
        assert list(found["rows"]) == query["ids"]


@needs_specification
def test_the_schemas_of_the_specification_can_fail():
    """What they are to refuse, they refuse here: the wiring of their references holds."""
    for folder, name in (
        ("manifest", "manifest"),
        ("reconciliation-result-batch", "reconciliation-result-batch"),
        ("reconciliation-query-batch", "reconciliation-query-batch"),
    ):
        for file in (SPECIFICATION / "examples" / folder / "valid").glob("*.json"):
            if file.name != "feature-view.json" and "0.2" in file.read_text("utf-8"):
                official(name, json.loads(file.read_text("utf-8")))
        wrong = 0
        for file in (SPECIFICATION / "examples" / folder / "invalid").glob("*.json"):
            try:
                official(name, json.loads(file.read_text("utf-8")))
            except Exception:  # noqa: BLE001 (of whatever kind)
                wrong += 1
        assert wrong >= 2, folder


def test_a_session_of_openrefine(refine, tagger):
    """The steps of a librarian: types are guessed, a column is matched, a cell by hand, and columns are added."""
    client, path = refine
    column = [r["text"] for r in corpus_records()[5::31]][:60]
    # The service is added by its address.
    manifest = client.get(path).json()
    assert "0.2" in manifest["versions"]
    # Types are guessed by the first ten rows, without a type, three candidates each.
    guessing = {f"q{n}": {"query": text, "limit": 3} for n, text in enumerate(column[:10])}
    votes = Counter(kind["id"] for one in asked(refine, guessing).values() for c in one["result"] for kind in c["type"])
    assert votes
    assert votes.keys() <= {t["id"] for t in manifest["defaultTypes"]}
    # The column is reconciled against one type, in batches of the manifest's size.
    cells = []
    for start in range(0, len(column), manifest["batchSize"]):
        part = column[start : start + manifest["batchSize"]]
        batch = {
            f"q{n}": {"query": text, "type": "event", "type_strict": "should", "limit": 5}
            for n, text in enumerate(part)
        }
        answers = asked(refine, batch)
        cells += [answers[f"q{n}"]["result"] for n in range(len(part))]
    tags = tagger.tag(column)
    judged = [next((c for c in cell if c["match"]), None) for cell in cells]
    assert [j["name"] if j else None for j in judged] == [None if t.needs_review else t.event for t in tags]
    # What is left is the review queue; the librarian hovers over a candidate, and searches for another.
    left = next(n for n, j in enumerate(judged) if j is None)
    best = cells[left][0]
    assert best["name"] in client.get(manifest["preview"]["url"].replace("{{id}}", best["id"])).text
    place = manifest["suggest"]["entity"]
    chosen = client.get(
        place["service_url"] + place["service_path"], params={"prefix": "train", "type": "event"}
    ).json()
    judged[left] = chosen["result"][0]
    # Columns are added from the matched values.
    offer = manifest["extend"]["propose_properties"]
    properties = client.get(offer["service_url"] + offer["service_path"], params={"type": "event"}).json()["properties"]
    ids = sorted({j["id"] for j in judged if j})
    found = client.post(path, data={"extend": json.dumps({"ids": ids, "properties": properties})}).json()
    assert sorted(found["rows"]) == ids
    assert all(len(row["definition"]) == 1 for row in found["rows"].values())
    assert found["rows"][judged[left]["id"]]["name"] == [{"str": "training"}]
