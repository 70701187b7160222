"""The table of scikit-learn's learners is scikit-learn's own."""

from __future__ import annotations

import json
import warnings

import pytest

from penstock.catalog.scikit_learn import PACKAGES, TABLE, WITHOUT_PROBABILITIES, learners


def test_the_table_is_what_is_installed(update: bool) -> None:
    pytest.importorskip("sklearn", reason="it is in the extra `runtime`")
    from sklearn.utils import all_estimators

    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _, learner in [one for kind in ("classifier", "regressor") for one in all_estimators(type_filter=kind)]:
            public = learner.__module__.partition("._")[0]
            found[f"{public}.{learner.__name__}"] = sorted(learner._get_param_names())
    if update:
        lines = ",\n".join(f"  {json.dumps(path)}: {json.dumps(names)}" for path, names in sorted(found.items()))
        TABLE.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    assert learners() == found
    silent = {name for name, one in all_estimators(type_filter="classifier") if not hasattr(one, "predict_proba")}
    assert set(WITHOUT_PROBABILITIES) == silent
    assert {path.split(".")[1] for path in found} <= set(PACKAGES)
