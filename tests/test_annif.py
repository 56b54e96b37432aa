"""Annif's interface: projects, suggest and suggest-batch in the shape that its clients know."""

from __future__ import annotations

import pytest
from services import CAPTION, check, serving

from mlcap.service.limits import MOST_DOCUMENTS

BASE = "/annif/v1"
FRENCH = "Le commandant et le pilote attendent devant la fusée avant le lancement de demain."


@pytest.fixture(scope="module")
def client(small, tmp_path_factory):
    """A client of a service."""
    with serving(tmp_path_factory.mktemp("service"), small / "models") as found, found.client() as client:
        yield client


def suggested(client, **form):
    """What is suggested for a form, of the project of events unless another is named."""
    answer = client.post(f"{BASE}/projects/{form.pop('project', 'event')}/suggest", data=form)
    assert answer.status_code == 200, answer.text
    check("annif-results", answer.json())
    return answer.json()["results"]


def refusal(answer):
    """(status, detail) of a problem."""
    check("problem", answer.json())
    return answer.status_code, answer.json()["detail"]


def test_projects_are_facets(client, tagger):
    """Each facet is a project that is trained, with its values as the vocabulary."""
    found = client.get(f"{BASE}/projects").json()
    check("annif-projects", found)
    assert [p["project_id"] for p in found["projects"]] == [f.name for f in tagger.facets]
    assert [p["vocab"]["size"] for p in found["projects"]] == [len(f.values) for f in tagger.facets]
    one = client.get(f"{BASE}/projects/crew_role").json()
    check("annif-project", one)
    assert one == found["projects"][1]
    check("annif-info", client.get(f"{BASE}/").json())


def test_suggestions_are_ranked_cut_and_named(client, tagger):
    """Scores are the tagger's probabilities, most probable first, above the threshold, so many as are asked for."""
    facet = tagger.facets[0]
    probabilities = tagger.tag_one(CAPTION).facets["event"].probabilities
    ranked = sorted(probabilities.items(), key=lambda one: -one[1])
    wanted = [{"uri": facet.iri(n), "label": n, "notation": None, "score": p} for n, p in ranked]
    assert suggested(client, text=CAPTION) == wanted
    assert suggested(client, text=CAPTION, limit="2", language="en") == wanted[:2]
    assert suggested(client, text=CAPTION, limit="0") == []
    assert suggested(client, text=CAPTION, threshold=str(ranked[1][1])) == wanted[:2]
    assert suggested(client, text=CAPTION, project="crew_role", limit="1")[0]["label"] == "mission-specialist"


def test_the_record_is_read_as_metadata(client, tagger):
    """What Annif sends beside the text is the record beside the caption."""
    title = "Launch of the crew"
    with_title = tagger.tag_one(CAPTION, {"title": title}).facets["event"].probabilities
    found = suggested(client, text=CAPTION, metadata_title=title)
    assert {r["label"]: r["score"] for r in found} == dict(with_title)
    document = {"documents": [{"text": CAPTION, "metadata": {"title": title}}]}
    (batch,) = client.post(f"{BASE}/projects/event/suggest-batch", json=document).json()
    assert batch["results"] == found


def test_a_batch_keeps_its_ids_and_order(client):
    """Each document has its results and its id; one in another language or empty has none."""
    texts = [CAPTION, "", FRENCH, "A rocket lifts off from the pad.", "x" * 100_001]
    documents = [{"text": t, **({"document_id": f"d{n}"} if n else {})} for n, t in enumerate(texts)]
    answer = client.post(f"{BASE}/projects/event/suggest-batch?limit=1&threshold=0.1", json={"documents": documents})
    check("annif-batch", answer.json())
    assert [one["document_id"] for one in answer.json()] == [None, "d1", "d2", "d3", "d4"]
    assert [len(one["results"]) for one in answer.json()] == [1, 0, 0, 1, 0]
    assert answer.json()[0]["results"] == suggested(client, text=CAPTION, limit="1")


@pytest.mark.parametrize(
    ("path", "more", "status", "words"),
    [
        (
            "/projects/none/suggest",
            {"data": {"text": "x"}},
            404,
            "there is no project 'none'; there are event, crew_role",
        ),
        ("/projects/none/suggest-batch", {"json": {"documents": []}}, 404, "there is no project"),
        ("/projects/event/suggest", {"data": {"limit": "1"}}, 400, "the form has no text"),
        ("/projects/event/suggest", {"data": {"text": "x", "limit": "-1"}}, 400, "limit is a number of 0 or more"),
        (
            "/projects/event/suggest",
            {"data": {"text": "x", "threshold": "nan"}},
            400,
            "threshold is a number from 0 to 1",
        ),
        ("/projects/event/suggest", {"data": {"text": "x", "language": "fi"}}, 400, "in en alone, not in 'fi'"),
        ("/projects/event/suggest", {"json": {"text": "x"}}, 415, "the content type is application/json"),
        ("/projects/event/suggest-batch?limit=-1", {"json": {"documents": []}}, 400, "limit"),
        ("/projects/event/suggest-batch?language=fi", {"json": {"documents": []}}, 400, "not in 'fi'"),
        ("/projects/event/suggest-batch", {"json": {"documents": [{"text": 1}]}}, 400, "document 1 has no text"),
        ("/projects/event/suggest-batch", {"json": {"documents": [{"text": "", "metadata": 1}]}}, 400, "metadata"),
        ("/projects/event/suggest-batch", {"json": {}}, 400, f"a list of {MOST_DOCUMENTS} at most"),
        ("/projects/event/suggest-batch", {"json": {"documents": [{"text": ""}] * 33}}, 400, "at most"),
    ],
)
def test_what_cannot_be_answered_is_refused_as_annif_does(client, path, more, status, words):
    """400 for what is malformed, 404 for a project that is not there."""
    found = refusal(client.post(BASE + path, **more))
    assert found[0] == status
    assert words in found[1]


def test_an_unknown_project_has_no_description(client):
    """404, as Annif answers."""
    assert refusal(client.get(f"{BASE}/projects/none"))[0] == 404


def test_what_takes_too_long_is_503(small, tmp_path):
    """As Annif says of a backend that fails."""
    from threading import Event

    with serving(tmp_path, small / "models", seconds=0.1) as served, served.client() as client:
        go = Event()
        served.service.work.later(lambda _: go.wait(20))
        answer = client.post(f"{BASE}/projects/event/suggest", data={"text": CAPTION})
        go.set()
        assert refusal(answer)[0] == 503
