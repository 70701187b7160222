"""Attacks by names that no statement writes: texts, data and tools from which Python runs code of the repository."""

from __future__ import annotations

import pytest

from penstock.catalog.repository import FilesInMemory
from penstock.review.changes.references.import_graph import ImportGraph, Links

HIDDEN = "systems/hidden.py"

RUNS = {
    # What unpickles.
    "pickle": "import pickle\npickle.load(open('a', 'rb'))\n",
    "pickle by a part": "from pickle import loads\nloads(b'')\n",
    "pickle by its class": "from pickle import Unpickler as U\nU(open('a', 'rb')).load()\n",
    "pickle as a whole": "import pickle as p\ng = p\ng.loads(b'')\n",
    "pickle of another": "import pandas as pd\npd.io.pickle.pickle.loads(b'')\n",
    "the pickle in C": "import _pickle\n_pickle.loads(b'')\n",
    "shelve": "import shelve\nshelve.open('a')\n",
    "marshal": "from marshal import loads\nloads(b'')\n",
    "joblib": "import joblib\njoblib.load('systems/model.joblib')\n",
    "joblib under another name": "import joblib as j\nj.load('a')\n",
    "joblib by a part": "from joblib import load\nload('a')\n",
    "joblib of another": "from sklearn.utils.parallel import joblib as j\nj.load('a')\n",
    "a cache of joblib": "from joblib import Memory\nMemory('systems')\n",
    "dill": "import dill\ndill.load(open('a', 'rb'))\n",
    "cloudpickle": "import cloudpickle as c\nc.loads(b'')\n",
    "pandas": "import pandas as pd\npd.read_pickle('a.pkl')\n",
    "pandas by a part": "from pandas import read_pickle as r\nr('a.pkl')\n",
    "tables of pandas": "from pandas import HDFStore\nHDFStore('a.h5')\n",
    "numpy": "import numpy as np\nnp.load('a.npy', allow_pickle=True)\n",
    "numpy by place": "import numpy as np\nnp.load('a.npy', None, True)\n",
    "numpy by a mapping": "import numpy as np\nnp.load('a.npy', **{'allow_' + 'pickle': True})\n",
    "numpy by a part": "from numpy import load as f\nf('a.npy', None, True)\n",
    "numpy under another name": "import numpy as np\nf = np.load\nf('a.npy', None, True)\n",
    "numpy with a value": "import numpy as np\n\ndef departures(ok):\n    return np.load('a.npy', allow_pickle=ok)\n",
    "yaml": "import yaml\nyaml.load(open('a'), Loader=yaml.Loader)\n",
    "yaml without a loader": "import yaml\nyaml.load(open('a'), L)\n",
    "unsafe yaml": "import yaml\nyaml.unsafe_load(open('a'))\n",
    "yaml by a part": "from yaml import unsafe_load as f\nf(open('a'))\n",
    "torch": "import torch\ntorch.load('a.pt')\n",
    "torch with pickles": "import torch\ntorch.load('a.pt', weights_only=False)\n",
    "a model of mlflow": "import mlflow\nmlflow.sklearn.load_model('systems/model')\n",
    "a model whose code lies beside it": (
        "import transformers as t\nt.AutoModel.from_pretrained('systems/model', trust_remote_code=True)\n"
    ),
    "a model whose code may be trusted": (
        "from transformers import AutoModel as A\n\ndef f(trusted):\n"
        "    return A.from_pretrained('systems/model', trust_remote_code=trusted)\n"
    ),
    "a pipeline of spacy": "import spacy\nspacy.load('systems')\n",
    "a model of statsmodels": "from statsmodels.iolib.smpickle import load_pickle as f\nf('a')\n",
    # What runs or imports by a text.
    "a text that names what to import": "from werkzeug.utils import import_string as f\nf('systems.' + 'hidden')\n",
    "a field that imports": "import pydantic\n\nclass A(pydantic.BaseModel):\n    x: pydantic.ImportString\n",
    "a completer": "import rlcompleter\nrlcompleter.Completer().attr_matches('x')\n",
    "what a function of the language belongs to": "print.__self__.exec(open('systems/hidden.txt').read())\n",
    "the library beneath ctypes": "import _ctypes\n_ctypes.dlopen('a.so', 0)\n",
    "a library of numpy": "import numpy as np\nnp.ctypeslib.load_library('a', 'systems')\n",
    "operations of tensorflow": "import tensorflow as tf\ntf.load_op_library('a.so')\n",
    "operations of onnxruntime": "import onnxruntime as o\no.SessionOptions().register_custom_ops_library('a.so')\n",
    "operations that torch compiles": "from torch.utils.cpp_extension import load\nload('a', ['systems/a.cpp'])\n",
    "mail by a program": "import imaplib\nimaplib.IMAP4_stream('python systems/hidden.py')\n",
    "timeit": "import timeit\ntimeit.timeit('import systems.hidden')\n",
    "unittest.mock": "from unittest.mock import patch\npatch('systems.' + 'hidden.go')\n",
    "unittest": "import unittest as u\nu.defaultTestLoader.loadTestsFromName('systems.' + 'hidden')\n",
    "help": "help('systems.hidden')\n",
    "breakpoint": "breakpoint()\n",
    "ctypes": "import ctypes\nctypes.pythonapi.PyRun_SimpleString(b'1')\n",
    "cffi": "from cffi import FFI\nFFI().dlopen('a.so')\n",
    "ctypes of another": "import uuid\nuuid.ctypes.pythonapi\n",
    "posix": "from posix import system as s\ns('python systems/hidden.py')\n",
    "a parser of XML": "from xml.sax import make_parser\nmake_parser(['systems.' + 'hidden'])\n",
    "a browser": "import webbrowser\nwebbrowser.get('python systems/hidden.py %s').open('')\n",
    "modules of a pool": ("import multiprocessing as m\nm.set_forkserver_preload(['systems.' + 'hidden'])\n"),
    "a type in a text": ("import typing\n\ndef f(a: \"__import__('systems.hidden')\"):\n    pass\n\nX = Model(f)\n"),
    "a type in a text within another": "def f(a) -> list['exec(open(\"systems/hidden.py\").read())']:\n    pass\n",
    "types that are asked for": "import typing as t\n\nt.get_type_hints(f)\n",
    "a reference to a type": "from typing import ForwardRef as F\nF('__imp' + 'ort__')\n",
    "an expression of pandas": "def departures(a):\n    return a.eval('@pd.compat.os.system(\"python x\")')\n",
    "a query of pandas": "def departures(a):\n    return a.query('@pd.compat.sys.path')\n",
    "an expression that is put together": "def departures(a, b):\n    return a.eval(b)\n",
    "a query that is put together": "def departures(a, b):\n    return a.query(f'x > {b}')\n",
    "a query under another name": "def departures(a):\n    f = a.query\n    return f('@pd.compat.o' 's')\n",
    # Names of attributes and of variables.
    "getattr": "import logging\ngetattr(logging, 's' + 'ys').path.append('vendor')\n",
    "getattr of a letter each": "import logging\ngetattr(logging, ''.join(['s', 'ys']))\n",
    "getattr as a value": "import logging\nfrom functools import reduce\nreduce(getattr, ['s' + 'ys'], logging)\n",
    "getattr under another name": "import logging\ng = getattr\ng(logging, 's' + 'ys')\n",
    "getattr of getattr": "import json\ngetattr(json, '__getattribute__')(json, 'x')\n",
    "getattr in a loop": "import logging\nfor n in ('a', 's' 'ys'):\n    getattr(logging, n)\n",
    "getattr of a name that is bound anew": (
        "import logging\n\ndef departures(b):\n    n = 'a'\n    n += b\n    return getattr(logging, n)\n"
    ),
    "getattr of a name of the file": "import logging\nN = 'a'\n\ndef departures():\n    return getattr(logging, N)\n",
    "getattr of a name that a pattern binds anew": (
        "import logging\n\ndef departures(b):\n    n = 'a'\n    match b:\n        case n:\n            "
        "return getattr(logging, n)\n"
    ),
    "getattr of a name of a class in a function": (
        "import logging\n\ndef departures():\n    class K:\n        n = 'a'\n    return getattr(logging, n)\n"
    ),
    "getattr of a name whose cell is filled anew": (
        "import logging\n\ndef departures():\n    n = 'a'\n\n    def f():\n        return getattr(logging, n)\n"
        "    f.__closure__[0].cell_contents = 's' + 'ys'\n    return f()\n"
    ),
    "getattr of a name that its frame binds anew": (
        "import logging\nimport sys\n\ndef departures():\n    n = 'a'\n"
        "    sys._getframe().f_locals['n'] = 's' + 'ys'\n    return getattr(logging, n)\n"
    ),
    "getattr of a name under a condition": (
        "import logging\n\ndef departures(b):\n    return getattr(logging, 'info' if b else 'sys')\n"
    ),
    **{
        f"getattr of a name that {how} binds anew": (
            f"import logging\n\ndef departures(b):\n    n = 'a'\n{binding}        return getattr(logging, n)\n"
        )
        for how, binding in {
            "a with statement": "    with b as n:\n",
            "a with statement of several": "    with b as (m, n):\n",
            "a loop": "    for n in b:\n",
            "a loop over pairs": "    for m, n in (('a', b), ('a', 'a')):\n",
            "an exception": "    try:\n        b()\n    except Exception as n:\n",
            "the rest of a mapping": "    match b:\n      case {'x': 1, **n}:\n",
            "the rest of a sequence": "    match b:\n      case [1, *n]:\n",
            "a part of a pattern": "    match b:\n      case str() as n:\n",
            "a part of what is unpacked": "    m, n, *r = b\n    if m:\n",
            "the rest of what is unpacked": "    m, *[n] = 'a', b\n    if m:\n",
            "a tuple that does not fit": "    m, n = ('a',)\n    if m:\n",
            "an expression": "    if n := b:\n",
            "an import": "    from systems.names import n\n    if b:\n",
            "a global statement": "    global m, n\n    if b():\n",
        }.items()
    },
    "getattr of all it is given": "import logging\n\ndef departures(*a):\n    return getattr(*a)\n",
    "__getattribute__": "import logging\nlogging.__getattribute__('s' + 'ys')\n",
    "object.__getattribute__": "import logging\nobject.__getattribute__(logging, 's' + 'ys')\n",
    "attrgetter": "from operator import attrgetter\nattrgetter('s' + 'ys')\n",
    "attrgetter with points": "import operator as o\no.attrgetter('handlers.os.system')\n",
    "attrgetter under another name": "from operator import attrgetter as a\na('name')\n",
    "methodcaller": "from operator import methodcaller\nmethodcaller('po' + 'pen', 'python x')\n",
    "vars": "import logging\nvars(logging)['s' + 'ys']\n",
    "vars in a loop": "import logging\nfor name, value in vars(logging).items():\n    value\n",
    "vars as a value": "import logging\nlist(map(vars, [logging]))\n",
    "a dictionary": "import logging\nlogging.__dict__['s' + 'ys']\n",
    "a dictionary's method": "import logging\nlogging.__dict__.get('s' + 'ys')\n",
    "globals": "globals()['__buil' + 'tins__']\n",
    "globals by a text": "globals()['__builtins__']\n",
    "locals": "locals().get('x')\n",
    "a class pattern": "import logging\nmatch logging:\n    case object(sys=s):\n        s.path.append('vendor')\n",
    "a class's pattern": "class K:\n    __match_args__ = ('s' + 'ys',)\n",
    "setattr": "import systems\nsetattr(systems, '__pa' + 'th__', ['vendor'])\n",
    "a formatter": "import logging\nimport string\nstring.Formatter().get_field('0.s' + 'ys', (logging,), {})\n",
    "members": "import inspect\nimport logging\ninspect.getmembers(logging)\n",
    "a frame": "import inspect\ninspect.currentframe().f_back.f_builtins\n",
    "what the collector knows": "import gc\ngc.get_objects()\n",
    # Other ways to `sys`, `os` and to code.
    "sys of another under another name": "from logging import sys as s\ns.path.append('vendor')\n",
    "os of another under another name": "from shutil import os as o\ngetattr(o, 'x')\n",
    "sys under a name of Python's own": "import tempfile\ntempfile._sys.path.append('vendor')\n",
    "os under a name of Python's own": "from tempfile import _os\nf(_os)\n",
    "a function that is made": "from types import FunctionType as F\nF(f.x, {})\n",
    "code that is altered": "def departures():\n    f.__code__ = f.__code__.replace(co_names=('exec',))\n",
    "where a package is looked for": "import systems\nsystems.__path__.append('vendor')\nfrom systems import x\n",
    "what a relative import starts from": "__package__ = 'vendor'\nfrom . import x\n",
    "the folder that imports start from": "import os\nos.chdir('vendor')\nimport x\n",
    "a folder for a while": "from contextlib import chdir\nwith chdir('vendor'):\n    import x\n",
    # Types that are texts.
    **{
        f"types, {how}": body.replace("TEXT", "'ex' + 'ec(\"import systems.hidden\")'")
        for how, body in {
            "of inspect": "import inspect\ninspect.signature(f, eval_str=True)\n",
            "of inspect under another name": "from inspect import signature as s\ns(f, **{'eval_' + 'str': True})\n",
            "of inspect as a value": "import inspect\nlist(map(inspect.signature, [f]))\n",
            "of its class": "import inspect\ninspect.Signature.from_callable(f, **more)\n",
            "that are asked for": "import inspect\ninspect.get_annotations(f)\n",
            "that are set": "def f(a):\n    pass\n\nf.__annotations__ = {'a': TEXT}\n",
            "of a class that are set": "class K:\n    __annotations__ = {'a': TEXT}\n",
            "that decide what is called": "import functools\n\n@functools.singledispatch\ndef f(a):\n    pass\n",
            "in their place": "def f(a: TEXT):\n    pass\n",
            "within another": "def f(a) -> list[TEXT]:\n    pass\n",
            "under a name": "T = TEXT\n\nclass K(Model):\n    a: T\n",
            "under two names": "T = TEXT\nU = dict[str, T]\n\nclass K(Model):\n    a: U\n",
            "that grow": "T = 'ex'\nT += 'ec(1)'\n\ndef f(a: T):\n    pass\n",
            "backwards": "T = ')1(cexe'\n\ndef g(a: T):\n    pass\n\ndef f(a: T[::-1]):\n    pass\n",
            "backwards in their place": "def f(a: ')1(cexe'[::-1]):\n    pass\n",
            "by a format": "T = f'ex{1:x}'\n\ndef f(a: T):\n    pass\n",
            "by a function": "T = str.join('', ['ex', 'ec(1)'])\n\ndef f(a: T):\n    pass\n",
            "by bytes": "T = bytes([101, 120]).decode()\n\ndef f(a: T):\n    pass\n",
            "by a part of a function's answer": "T = texts()\n\ndef f(a: T[0]):\n    pass\n",
            "annotated": "from typing import Annotated\n\ndef f(a: Annotated[TEXT, 'x']):\n    pass\n",
            "of an adapter": "from pydantic import TypeAdapter\nTypeAdapter(TEXT)\n",
            "of an adapter under another name": "from pydantic import TypeAdapter as A\nA(T)\n",
            "of an adapter by a name": "import pydantic\nT = TEXT\npydantic.TypeAdapter(type=T)\n",
            "of a model that is made": "from pydantic import create_model\ncreate_model('M', a=(TEXT, 1))\n",
        }.items()
    },
    "a class of warnings": "import warnings\nwarnings._setoption('ignore::systems.' + 'hidden.W')\n",
    "an extension of a database": "def departures(a):\n    a.load_extension('systems/x')\n",
    # Packages that import by a text.
    "where folders are looked up": (
        "import sys\n\ndef f(a, b):\n    sys.path_importer_cache[a] = sys.path_importer_cache[b]\n    import hidden\n"
    ),
    "what draws for pandas": "import pandas as pd\npd.set_option('plotting.backend', 'systems.hidden')\n",
    "a part of an option of pandas": "import pandas as pd\npd.set_option('compute.use_bottleneck', 1, 'BACK', 'x')\n",
    "an option of pandas for a while": "import pandas as pd\nwith pd.option_context('ing.b', 'x'):\n    pass\n",
    "an option of pandas that is put together": "from pandas import set_option\n\ndef f(a):\n    set_option(a, 'x')\n",
    "the options of pandas": "import pandas as pd\npd.options.plotting.backend = 'systems.hidden'\n",
    "what draws one table": "def departures(a):\n    a.plot(backend='systems.hidden')\n",
    "what draws for matplotlib": "import matplotlib\nmatplotlib.use('module://systems.hidden')\n",
    "what draws for matplotlib, put together": "import matplotlib as m\n\ndef f(a):\n    m.use(a)\n",
    "what draws by the environment": "import os\nos.environ['MPLBACKEND'] = 'module://systems.hidden'\n",
    "a library in C": "import numpy as np\nnp.ctypeslib.load_library('x', 'systems')\n",
    "a model of skops": "from skops.io import load\nload('a.skops', trusted=['systems.hidden.X'])\n",
    "a server of XML": (
        "import inspect\nfrom xmlrpc.server import SimpleXMLRPCDispatcher as S\nS().register_instance(inspect)\n"
    ),
    "six": "import six\nsix.exec_('import systems.hidden')\n",
    "metadata of packages under its other name": "import importlib_metadata as m\nm.EntryPoint('a', 'x', 'g').load()\n",
    "a formula": "from patsy import dmatrix\ndmatrix('a', {})\n",
    "a type of pydantic": "from pydantic import BaseModel, ImportString\n\nclass M(BaseModel):\n    a: ImportString\n",
    "a dialect": "from sqlalchemy.dialects import registry\nregistry.register('x', 'systems.hidden', 'Y')\n",
    "a function that is wrapped": "import wrapt\nwrapt.resolve_path('systems.hidden', 'f')\n",
    "a server": "import uvicorn\nuvicorn.run('systems.hidden:app')\n",
    "a lexer": "from pygments.lexers import load_lexer_from_file as f\nf('systems/hidden.py')\n",
    "a cache of rows": "from sklearn.datasets import fetch_california_housing as f\nf(data_home='data')\n",
    # How Python writes its names.
    "letters of another width": "ｅｘｅｃ('import systems.hidden')\n",
    "another coding": b"# -*- coding: utf-7 -*-\n+AGUAeABlAGM('import systems.hidden')\n",
    "a coding that nobody knows": b"# -*- coding: rot_14 -*-\nx = 1\n",
    "a form feed": "\x0cexec('import systems.hidden')\n",
    "a walrus": "(e := exec)('import systems.hidden')\n",
    "a decorator": "@exec\n@str\ndef f():\n    pass\n",
    "a condition that never holds": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import runpy\n",
}


def leads_anywhere(body: str | bytes) -> bool:
    """Whether a change of a file that nothing names is told of the module."""
    data = body if isinstance(body, bytes) else body.encode()
    modules = ImportGraph(FilesInMemory({"systems/flights.py": data, HIDDEN: b"x = 1\n"}), Links(()))
    return modules.digest("systems.flights", {HIDDEN}) != modules.digest("systems.flights", set())


@pytest.mark.parametrize("body", RUNS.values(), ids=RUNS)
def test_what_runs_code_by_a_name_that_it_makes_up_leads_anywhere(body: str | bytes) -> None:
    assert leads_anywhere(body)


@pytest.mark.parametrize(
    "body",
    [
        "import pandas as pd\npd.set_option('display.max_rows', 10, 'mode.copy_on_write', True)\n",
        "import matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt\nplt.plot([1], [2])\n",
        "def departures(a):\n    a.plot(kind='bar')\n    a.hist(bins=3)\n",
        "from sklearn.datasets import fetch_openml, load_iris\nload_iris()\n",
        "import sqlalchemy\nsqlalchemy.create_engine('sqlite://')\n",
        "import statsmodels.api as sm\nsm.OLS([1], [2]).fit()\n",
    ],
)
def test_other_parts_of_these_packages_lead_nowhere(body: str) -> None:
    assert not leads_anywhere(body)
