"""Good text that resembles damage stays as it is, all through repair and tidy."""

from typing import Any

import pytest
from test_rules import cases, run

from cnpolicy import repair, tidy


@pytest.mark.parametrize("case", cases("good_text.jsonl"))
def test_good_text(case: dict[str, Any]) -> None:
    text = case["before"]
    for _ in range(2):
        for stage in (repair.STAGE, tidy.STAGE):
            text = run(stage, text).text
        assert text == case["after"]
