"""Annif itself, from the package index, asks the service by its backend `http`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from conftest import ROOT
from services import CAPTION, serving

pytestmark = pytest.mark.slow

PROJECT = """
[mlcap-{facet}]
name=Tags by mlcap
language=en
backend=http
vocab=mlcap-{facet}
limit=100
endpoint={endpoint}
"""


@pytest.fixture(scope="module")
def annif(tmp_path_factory):
    """The program in an environment of its own, or the one that `MLCAP_ANNIF` names."""
    if found := os.environ.get("MLCAP_ANNIF"):
        return found
    folder = tmp_path_factory.mktemp("annif")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = [folder / "bin" / "pip", "install", "-q", "annif>=1.4,<2"]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"annif cannot be installed here: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    return folder / "bin" / "annif"


def test_annif_asks_the_service(annif, small, tagger, tmp_path):
    """Each facet is a vocabulary and a project; what Annif suggests are the values with the tagger's probabilities."""
    with serving(tmp_path, small / "models") as served:
        host = served.address.removeprefix("http://")
        environment = {**os.environ, "SERVICE": served.address, "TOKEN": served.token, "ANNIF_DATADIR": "data"}

        def run(*command, text=None):
            done = subprocess.run(
                command, cwd=tmp_path, env=environment, input=text, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            return done.stdout

        sections = []
        for facet in tagger.facets:
            endpoint = f"http://annif:{served.token}@{host}/annif/v1/projects/{facet.name}/suggest"
            sections.append(PROJECT.format(facet=facet.name, endpoint=endpoint))
        (tmp_path / "projects.cfg").write_text("".join(sections), "utf-8")
        for facet in tagger.facets:
            lines = run(sys.executable, ROOT / "examples" / "recipes" / "annif_vocabulary.py", facet.name)
            (tmp_path / f"{facet.name}.tsv").write_text(lines, "utf-8")
            run(annif, "load-vocab", "--language", "en", f"mlcap-{facet.name}", f"{facet.name}.tsv")
            listed = run(annif, "show-project", f"mlcap-{facet.name}")
            assert "True" in next(line for line in listed.splitlines() if "rained" in line)
            found = {}
            for line in run(annif, "suggest", "--limit", "20", f"mlcap-{facet.name}", text=CAPTION).splitlines():
                iri, name, score = line.split("\t")
                found[iri.strip("<>"), name] = float(score)
            probabilities = tagger.tag_one(CAPTION).facets[facet.name].probabilities
            assert found == pytest.approx({(facet.iri(n), n): p for n, p in probabilities.items()}, abs=1e-3)
