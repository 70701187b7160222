"""Code that comes with the field that names it has no row of its own, and nothing of it is left out."""

from __future__ import annotations

from penstock.review.changes.told_below import standing_alone
from penstock.review.model import Plan
from penstock.review.rendering import html, markdown, terminal
from penstock.review.rendering.rows import Note, headline, rows
from review.repositories import Documents, Repository

FEATURE = "FeatureSet/conditions.features.gusts"
CODE = "def gusts(table):\n    return table['distance']\n"


def add_feature(documents: Documents) -> None:
    added = {"type": "int", "python": "systems.weather:gusts", "reads": ["distance"]}
    documents["FeatureSet", "conditions"]["spec"]["features"]["gusts"] = added


def with_the_feature(repository: Repository) -> Plan:
    """The plan of a pull request that adds it with its code."""
    repository.commit()
    repository.branch()
    repository.write("systems/weather.py", CODE)
    repository.edit(add_feature)
    repository.commit()
    return repository.plan()


def test_the_code_of_a_new_feature_is_told_below_it(repository: Repository) -> None:
    plan = with_the_feature(repository)
    assert [str(one.address) for one in standing_alone(plan)] == [FEATURE]
    (row,) = rows(plan)
    assert [(one.what, one.why) for one in row.below] == [
        (f"{FEATURE}.python", "the code behind `systems.weather:gusts` is new, with unknown effect"),
        ("Model/delay", "trained from FeatureSet/conditions"),
        ("Rollout/delay-online", "serves Model/delay"),
    ]
    assert headline(plan).startswith("1 unknown change in 1 spec")
    # Whoever approves the one approves these bytes.
    assert f"{FEATURE}.python" in {str(change.address) for change in plan.changes}


def test_of_many_pieces_of_code_each_is_shown(repository: Repository) -> None:
    def edit(documents: Documents) -> None:
        for number in range(8):
            feature = {"type": "int", "python": f"systems.weather:gusts{number}", "reads": ["distance"]}
            documents["FeatureSet", "conditions"]["spec"]["features"][f"f{number}"] = feature
        documents["FeatureSet", "more"] = documents["FeatureSet", "conditions"]
        documents["FeatureSet", "more"]["metadata"]["name"] = "more"
        del documents["FeatureSet", "conditions"]
        documents["Model", "delay"]["spec"]["features"] = {"more": "all"}

    repository.commit()
    repository.branch()
    repository.write("systems/weather.py", "".join(CODE.replace("gusts", f"gusts{number}") for number in range(8)))
    repository.edit(edit)
    repository.commit()
    plan = repository.plan()
    assert "FeatureSet/more.features.f7.python" not in {str(one.address) for one in standing_alone(plan)}
    for text in (markdown.render(plan), terminal.render(plan)):
        assert all(f"FeatureSet/more.features.f{number}.python" in text for number in range(8))


def test_code_that_changes_behind_a_field_that_stays_has_its_own_row(repository: Repository) -> None:
    repository.write("systems/weather.py", CODE)
    repository.edit(add_feature)
    repository.commit()
    repository.branch()
    repository.write("systems/weather.py", CODE.replace("distance'", "distance'].add(1)#"))
    repository.commit()
    (row,) = rows(repository.plan())
    assert (row.what, row.why) == (
        f"{FEATURE}.python",
        "the code behind `systems.weather:gusts` changed in `systems/weather.py`, with unknown effect",
    )


def test_code_names_the_files_that_differ_and_not_the_one_that_imports_them(repository: Repository) -> None:
    """Whoever approves it has to find it: the module that a spec names may stand as it was."""
    repository.write("systems/weather.py", f"from systems import near, far\n{CODE}")
    for name in ("near", "far", "unused"):
        repository.write(f"systems/{name}.py", "LIMIT = 1\n")
    repository.edit(add_feature)
    repository.commit()
    repository.branch()
    repository.write("systems/near.py", "LIMIT = 2\n")
    repository.write("systems/far.py", "# The same.\nLIMIT = 1\n")
    repository.write("systems/unused.py", "LIMIT = 2\n")
    repository.commit()
    (row,) = rows(repository.plan())
    assert row.why == "the code behind `systems.weather:gusts` changed in `systems/near.py`, with unknown effect"
    repository.write("systems/far.py", "LIMIT = 2\n")
    repository.commit()
    (row,) = rows(repository.plan())
    assert "changed in `systems/far.py` and 1 more file, with" in row.why


def test_a_rule_of_a_gate_that_is_said_to_tighten_does_not_hide_its_code(repository: Repository) -> None:
    repository.commit()
    repository.branch()
    repository.write("systems/weather.py", CODE)

    def edit(documents: Documents) -> None:
        rules = documents["Gate", "delay-release"]["spec"]["rules"]
        rules.append({"id": "own", "python": "systems.weather:gusts"})

    repository.edit(edit)
    repository.commit()
    found = {row.what: row.change.direction.value for row in rows(repository.plan())}
    assert found["Gate/delay-release.rules[own].python"] == "unknown"


def test_who_is_asked_about_the_code_alone_is_told_with_it(repository: Repository) -> None:
    plan = with_the_feature(repository)
    (top,) = standing_alone(plan)
    notes = {change.fingerprint: Note("1 of flight-ml (owner) [owner]") for change in plan.changes}
    code = next(change for change in plan.changes if change.address.parts[-1:] == (".python",))
    notes[code.fingerprint] = Note("1 of flight-ml (owner) [owner, code]; 1 of sre [code]")
    assert notes[code.fingerprint].beyond(notes[top.fingerprint]) == "1 of sre [code]"
    assert "      also needs 1 of sre [code]\n" in terminal.render(plan, notes=notes)
    assert "<strong>also needs 1 of sre [code]</strong>" in html.render(plan, notes=notes)


def test_what_is_affected_is_told_once_in_a_comment(repository: Repository) -> None:
    repository.commit()
    repository.branch()

    def edit(documents: Documents) -> None:
        rules = documents["Gate", "delay-release"]["spec"]["rules"]
        rules[0]["atLeast"], rules[1]["maxGap"] = 0.6, 0.2

    repository.edit(edit)
    repository.commit()
    text = markdown.render(repository.plan())
    assert text.count("2 callers") == 1
    assert text.count("the same as above") == 1
