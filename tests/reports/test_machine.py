from __future__ import annotations

import json

from groundup.reports.machine import this_machine


def test_the_machine_is_known_in_a_few_words():
    found = this_machine()
    assert found["cores"] >= 1
    assert found["system"]
    assert found.get("memory", 10**9) >= 10**8
    assert json.loads(json.dumps(found)) == found
