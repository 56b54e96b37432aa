"""Ten thousand requests made up from the service's own description: none brings it down, and every answer is as described."""

from __future__ import annotations

import itertools
import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from services import serving

pytestmark = pytest.mark.slow

schemathesis = pytest.importorskip("schemathesis", reason="the extra `contract` is not installed")

#: Cases in all, about the same number of each operation.
CASES = int(os.environ.get("MLCAP_CASES", "10000"))


@pytest.mark.filterwarnings("ignore")
def test_no_request_brings_it_down(small, tmp_path):
    """Neither what the description allows nor what it does not is answered by a fault, or otherwise than described."""
    from schemathesis import GenerationMode
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
    counts: Counter[int] = Counter()
    with serving(tmp_path, small / "models") as served:
        headers = {"authorization": f"Bearer {served.token}"}
        schema = schemathesis.openapi.from_url(f"{served.address}/openapi.json", headers=headers)
        operations = [found.ok() for found in schema.get_all_operations()]
        assert len(operations) == sum(len(one) for one in schema.raw_schema["paths"].values())
        modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        # What takes nothing can be asked in one way.
        wide = [one for one in operations if one.body or any(one.iter_parameters())]
        for operation, mode in itertools.product(operations, modes):
            share = int(1.15 * CASES) // (2 * len(wide)) + 1

            @settings(
                max_examples=share,
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate],
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def tried(case):
                answer = case.call(headers=headers, timeout=60)
                counts[answer.status_code] += 1
                case.validate_response(answer, checks=checks, headers=headers)

            try:
                tried()
            except Exception as error:
                # Where nothing can be made up of a kind, as of what has no parameters, there is nothing to try.
                if type(error).__name__ not in ("Unsatisfiable", "SkipTest"):
                    raise
        assert served.service.work.alive
        assert not served.desk.store.faults()
    print(dict(sorted(counts.items())), sum(counts.values()))
    assert sum(counts.values()) >= CASES
    assert counts[200] > CASES / 20
    assert counts[400] + counts[422] > CASES / 20
    assert not [status for status in counts if status >= 500]
