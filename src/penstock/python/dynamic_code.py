"""Dynamic code: Python that may run what no import statement of it names, and so may lead to any Python there is.

Modules and names that run code by a text are known by name, whatever they were imported as. What reaches for attributes
or variables by a text (`getattr`, `vars`, `attrgetter`) is followed where the text is written out, and the name in it
is then judged as if it stood in the code; where the text is put together, it may be any name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from unicodedata import normalize

from penstock.python.annotations import annotated_texts
from penstock.python.finders import FINDER, Finders
from penstock.python.texts import Texts


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DYNAMIC_WITHIN = _names(
    """
    _ctypes _frozen_importlib _frozen_importlib_external _imp _pickle _posixsubprocess builtins cpp_extension ctypes
    importlib marshal nt pickle pkgutil posix pydoc runpy subprocess zipimport
    """
)
"""Modules that lead to any code, wherever in another one they are reached: `inspect.importlib`."""
_DYNAMIC_MODULES = (_DYNAMIC_WITHIN - {"pickle"}) | _names(
    """
    alembic annotationlib asteval bdb cffi cloudpickle code codeop compileall concurrent.interpreters cProfile dill
    distutils doctest ensurepip fabric gunicorn hydra idlelib imp importlib_metadata importlib_resources
    _interpreters invoke IPython jinja2 jsonpickle lazy_loader lib2to3 logging.config mako mlserver mock
    modulefinder nbclient nbconvert papermill past patsy pdb pexpect pip pipes pkg_resources plumbum profile pty
    py_compile _pytest pytest pyximport rlcompleter setuptools sh shelve site sqlalchemy.dialects
    statsmodels.formula sympy test tkinter trace traitlets unittest uvicorn venv webbrowser wrapt xmlrpc.server
    _xxsubinterpreters
    """
)
_DYNAMIC_PARTS = {
    "joblib": re.compile(r"\*|load|Memory|memory|numpy_pickle\w*|externals"),
    "keras": re.compile(r"\*|models|saving"),
    "mlflow": re.compile(r"\*|models|projects|pyfunc|run"),
    "multiprocessing": re.compile(
        r"\*|connection|forkserver|managers|popen_\w+|reduction|set_executable|set_forkserver_preload|spawn|util"
    ),
    "numpy": re.compile(r"\*|ctypeslib|distutils|f2py|load|testing"),
    "options": re.compile(r"plotting"),
    "pickle": re.compile(r"(?!(?:dumps?|DEFAULT_PROTOCOL|HIGHEST_PROTOCOL|PickleError|PicklingError)\Z).*"),
    "skops": re.compile(r"\*|io"),
    "spacy": re.compile(r"\*|cli|load|util"),
    "tensorflow": re.compile(r"\*|keras|load_library|load_op_library|saved_model"),
    "timeit": re.compile(r"(?!default_timer\Z).*"),
    "torch": re.compile(r"\*|classes|hub|jit|load|ops|package|serialization"),
    "yaml": re.compile(
        r"\*|C?Loader|C?UnsafeLoader|(Unsafe)?Constructor|constructor|cyaml|load(_all)?|loader|unsafe_load(_all)?"
    ),
}
"""Of modules that are harmless beside: what unpickles, runs a text, or starts something else."""
_WHOLE = frozenset(_DYNAMIC_PARTS) - {"numpy", "options"}
"""Those that are used by their parts; as a whole, nobody knows what for. Functions do take `numpy` itself."""
_SAFE_LOADERS = frozenset({"BaseLoader", "CBaseLoader", "CSafeLoader", "SafeLoader"})
_PLACE_OF_ALLOW_PICKLE = 2
_RUNNING = frozenset({"allow_pickle", "eval_str", "trust_remote_code"})
"""Keywords that let a function run what a file or a text holds: `numpy` unpickle, `inspect` evaluate annotations, and
`transformers` import the code that lies beside a model."""
_DYNAMIC_NAMES = frozenset({
    "__annotate__", "__annotations__", "__builtins__", "__import__", "__loader__", "__match_args__", "__package__",
    "__path__", "__spec__", "breakpoint", "compile", "eval", "exec", "help", "importlib", FINDER,
})  # fmt: skip
_DYNAMIC_ATTRIBUTES = re.compile(
    # Ways to what a module holds, to the code of a function, and to where modules are looked for.
    r"__builtins__|__globals__|__import__|__loader__|__package__|__path__|__self__|__spec__|__subclasses__|f_builtins|"
    r"f_globals|CodeType|FunctionType|LambdaType|chdir|fchdir|meta_path|path_hooks|"
    # Ways to bind a variable of a function anew, past every statement.
    r"cell_contents|f_locals|"
    # Ways to types that are texts, and what runs these.
    r"__annotate__|__annotate_func__|__annotations__|create_model|evaluate_forward_ref|get_annotations|resolve_types|"
    r"singledispatch|singledispatchmethod|_getcategory|_setoption|"
    r"get_objects|get_referents|get_referrers|getattr_static|getclosurevars|getmembers\w*|get_field|"
    # Other programs, and libraries that are no Python.
    r"IMAP4_stream|enable_load_extension|load_extension|load_library|load_op_library|"
    r"register_custom_ops_library|"
    r"create_subprocess_\w+|exec[lv]\w*|popen|posix_spawnp?|spawn[lv]\w*|startfile|subprocess_\w+|system|"
    # Texts that name a module, or what is in it.
    r"ImportString|PyObject|exec_|import_from_string|import_item|import_string|path_importer_cache|switch_backend|"
    # Texts and files that hold code, or name it.
    r"cpp_extension|fetch_20newsgroups\w*|fetch_california_housing|fetch_covtype|fetch_kddcup99|fetch_lfw_\w+|"
    r"fetch_olivetti_faces|fetch_rcv1|fetch_species_distributions|load_\w+_from_file|load_pickle|load_url|"
    r"ForwardRef|HDFStore|NpzFile|getDOMImplementation|get_type_hints|load_model|make_parser|read_array|read_hdf|"
    r"read_pickle|"
    r"full_load\w*|unsafe_load\w*|UnsafeLoader"
)
_DYNAMIC_OF_SYS = frozenset({"modules", "path"})
_POWERFUL = frozenset({"_os", "_sys", "os", "sys"})
"""Modules that may be used by their parts; under another name, or as a whole, nobody knows what for."""
_CODE_OBJECTS = frozenset({"__code__", "ag_code", "cr_code", "f_code", "gi_code"})
"""What a function can be made of anew; what they tell by `co_...` is harmless."""
_BY_FUNCTION = frozenset({"getattr", "setattr"})
"""Functions that take the name of an attribute, after the object."""
_BY_METHOD = {"__getattr__": 1, "__getattribute__": 1, "__setattr__": 2}
"""Methods that take it, and with how many arguments; with one more where the method is a class's."""
_GETTERS = frozenset({"attrgetter", "methodcaller"})
_VARIABLES = frozenset({"globals", "locals", "vars"})
_PLOTS = frozenset({"boxplot", "hist", "plot"})
"""Methods of a table of pandas that import the module of their `backend`."""
_BACKEND = "plotting.backend"
"""The option of pandas that names this module for all of them; whoever sets an option may write a part of its name."""
_SETTING = frozenset({"option_context", "set_option"})
_OF_MATPLOTLIB = "MPLBACKEND"
"""The variable of the environment by which matplotlib imports a module."""
_EXPRESSIONS = frozenset({"eval", "query"})
"""Methods of a table of pandas that take expressions, which reach the variables around them by `@name`."""
_SQL = re.compile(
    r"\s*(COPY|CREATE|DELETE|DESCRIBE|FROM|INSERT|PIVOT|SELECT|SHOW|SUMMARIZE|UPDATE|WITH)\s", re.IGNORECASE
)
"""How a query in SQL begins, which is no expression of pandas."""


def may_run_any_code(tree: ast.Module, imports: Iterable[str], uses: Finders) -> bool:
    """Whether a file may run code that it does not import by a statement; `imports` are all it does import."""
    return first_dynamic_line(tree, dict.fromkeys(imports, 1), uses) is not None


def first_dynamic_line(tree: ast.Module, imports: Mapping[str, int], uses: Finders) -> int | None:
    """A line at which a file may run code that it does not import by a statement; None where there is none.

    `imports` are all that it does import, each with its line.
    """
    for name, line in imports.items():
        if name not in uses.imports and _is_dynamic_import(name):
            return line
    reading = _Reading(tree, uses.nodes)
    dynamic = next((node for node in ast.walk(tree) if reading.is_dynamic(node)), None)
    if dynamic is not None:
        return getattr(dynamic, "lineno", 1)
    return 1 if any(text is None or _is_dynamic_text(text) for text in annotated_texts(tree)) else None


def _is_dynamic_import(name: str) -> bool:
    parts = name.split(".")
    if FINDER in parts[1:] or not _DYNAMIC_WITHIN.isdisjoint(parts[1:]):
        return True
    if not _DYNAMIC_MODULES.isdisjoint((parts[0], ".".join(parts[:2]))) or _has_dynamic_part(parts):
        return True
    return parts[0] in _POWERFUL and len(parts) > 1 and _is_dynamic_part(parts[0], ".".join(parts[1:]))


def _has_dynamic_part(parts: list[str]) -> bool:
    """Whether a dotted name leads to a part of a module that runs code: `joblib.load`."""
    return any(one in _DYNAMIC_PARTS and _DYNAMIC_PARTS[one].fullmatch(part) for one, part in pairwise(parts))


def _is_dynamic_part(module: str, part: str) -> bool:
    is_of_sys = module in ("sys", "_sys") and part in _DYNAMIC_OF_SYS
    return part == "*" or is_of_sys or _DYNAMIC_ATTRIBUTES.fullmatch(part) is not None


def _is_dynamic_attribute(name: str) -> bool:
    """Whether an attribute, of whatever it is one, leads to any code."""
    return _is_dynamic_part("", name) or name in _POWERFUL or name in _DYNAMIC_WITHIN or name == FINDER


def _is_dynamic_text(text: str) -> bool:
    """Whether an expression in a text names anything that leads to any code."""
    words = re.findall(r"\w+", normalize("NFKC", text))
    return any(word in _DYNAMIC_NAMES or word.startswith("__") or _is_dynamic_attribute(word) for word in words)


@dataclass(slots=True)
class _Reading:
    """One file, as it is gone through."""

    tree: ast.Module
    harmless: frozenset[int]
    """The ids of nodes that were found to lead to no code."""
    _texts: Texts | None = None
    _parents: dict[int, ast.AST] = field(default_factory=dict)
    _modules: dict[str, list[str]] = field(default_factory=dict)
    """The modules under a name, by the statements that import them."""

    def __post_init__(self) -> None:
        for node in ast.walk(self.tree):
            for child in ast.iter_child_nodes(node):
                self._parents[id(child)] = node
            if isinstance(node, ast.Import):
                for alias in node.names:
                    full = alias.name if alias.asname else alias.name.partition(".")[0]
                    self._modules[alias.asname or full] = full.split(".")
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    self._modules[alias.asname or alias.name] = [*(node.module or "").split("."), alias.name]

    @property
    def texts(self) -> Texts:
        """What the expressions of the file stand for."""
        if self._texts is None:
            self._texts = Texts(self.tree)
        return self._texts

    def is_dynamic(self, node: ast.AST) -> bool:
        """Whether a node may run code by a name."""
        if id(node) in self.harmless:
            return False
        if isinstance(node, ast.Name):
            return self._is_dynamic_reference(node)
        if isinstance(node, ast.Attribute):
            return self._is_dynamic_access(node)
        if isinstance(node, ast.Call):
            runs = any(one.arg in _RUNNING and not _is(one.value, constant=False) for one in node.keywords)
            return runs or self._draws_with_a_module(node)
        if isinstance(node, ast.Constant):
            return node.value == _OF_MATPLOTLIB
        if isinstance(node, ast.Import):
            return any(alias.asname and alias.name in _POWERFUL for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            return any(_is_taken_out(alias) for alias in node.names)
        return isinstance(node, ast.MatchClass) and any(map(_is_dynamic_attribute, node.kwd_attrs))

    def _is_dynamic_reference(self, node: ast.Name) -> bool:
        if node.id in _DYNAMIC_NAMES:
            return True
        is_base = isinstance(self._parents[id(node)], ast.Attribute)
        if node.id in _POWERFUL or self._modules.get(node.id, [""])[-1] in _WHOLE:
            return not is_base
        return self._takes_dynamic_name(node, node.id)

    def _is_dynamic_access(self, node: ast.Attribute) -> bool:
        module = node.value.id if isinstance(node.value, ast.Name) else ""
        if _is_dynamic_part(module, node.attr) or _is_dynamic_attribute(node.attr):
            return True
        if node.attr in _CODE_OBJECTS:
            parent = self._parents[id(node)]
            return not (isinstance(parent, ast.Attribute) and parent.attr.startswith("co_"))
        dotted = self._dotted(node)[-2:]
        if _has_dynamic_part(dotted) and not _loads_plainly(dotted, self._call_of(node)):
            return True
        return self._takes_dynamic_name(node, node.attr)

    def _call_of(self, node: ast.expr) -> ast.Call | None:
        """The call of which a node is the function."""
        parent = self._parents[id(node)]
        return parent if isinstance(parent, ast.Call) and parent.func is node else None

    def _dotted(self, node: ast.Attribute) -> list[str]:
        """The last names of an attribute, a module by its own name."""
        value = node.value
        if isinstance(value, ast.Name):
            return [*self._modules.get(value.id, [value.id]), node.attr]
        return [value.attr if isinstance(value, ast.Attribute) else "", node.attr]

    def _takes_dynamic_name(self, node: ast.Name | ast.Attribute, name: str) -> bool:
        """Whether a name takes others by a text, and one that leads to any code, or that nobody knows."""
        call = self._call_of(node)
        if isinstance(node, ast.Name) and name in _BY_FUNCTION:
            return call is None or self._takes(call.args[1:2], call)
        if isinstance(node, ast.Attribute) and name in _BY_METHOD:
            place = int(call is not None and len(call.args) > _BY_METHOD[name])
            return call is None or self._takes(call.args[place : place + 1], call)
        if self._is_signature(node):
            return call is None or any(one.arg is None for one in call.keywords)
        if name in _GETTERS:
            return call is None or self._takes(call.args if name == "attrgetter" else call.args[:1], call)
        if isinstance(node, ast.Name) and name in _VARIABLES:
            return call is None or self._hands_out(call)
        if isinstance(node, ast.Attribute) and name == "__dict__":
            return self._hands_out(node)
        if isinstance(node, ast.Attribute) and name in _EXPRESSIONS:
            return call is None or self._evaluates(call, name)
        return False

    def _draws_with_a_module(self, call: ast.Call) -> bool:
        """Whether a call lets pandas or matplotlib import the module that draws, by its name."""
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        name = call.func.id if isinstance(call.func, ast.Name) else name
        if name in _PLOTS:
            return any(one.arg == "backend" for one in call.keywords)
        if name in _SETTING:
            known = [self.texts.of(one) for one in call.args[::2]]
            return any(texts is None or any(map(_sets_backend, texts)) for texts in known)
        if isinstance(call.func, ast.Attribute) and self._dotted(call.func)[-2:] == ["matplotlib", "use"]:
            texts = self.texts.of(call.args[0]) if call.args else None
            return texts is None or any("://" in text for text in texts)
        return False

    def _is_signature(self, node: ast.Name | ast.Attribute) -> bool:
        """Whether it is `inspect.signature`, which runs annotations where it is asked to by a keyword."""
        dotted = self._modules.get(node.id, []) if isinstance(node, ast.Name) else self._dotted(node)
        return dotted[-1:] == ["from_callable"] or dotted[-2:] == ["inspect", "signature"]

    def _takes(self, names: list[ast.expr], call: ast.Call) -> bool:
        """Whether attributes are taken by texts that nobody knows, or that lead to any code."""
        known = [self.texts.of(one) for one in names]
        if not known or any(isinstance(one, ast.Starred) for one in call.args):
            return True
        return any(
            texts is None or any(_is_dynamic_name(part) for text in texts for part in text.split("."))
            for texts in known
        )

    def _hands_out(self, variables: ast.expr) -> bool:
        """Whether of a mapping of variables more is used than those of names that are written out."""
        parent = self._parents[id(variables)]
        if isinstance(parent, ast.Subscript) and parent.value is variables:
            texts = self.texts.of(parent.slice)
            return texts is None or any(map(_is_dynamic_name, texts))
        return not isinstance(parent, ast.Compare | ast.Expr)

    def _evaluates(self, call: ast.Call, name: str) -> bool:
        given = [*call.args, *(one.value for one in call.keywords if one.arg in (None, "expr", "query", "sql"))]
        if not given:
            # `model.eval()` of torch is something else.
            return False
        texts = self.texts.of(given[0])
        if texts is not None:
            return any(map(_is_dynamic_text, texts))
        return not (name == "query" and _SQL.match(self.texts.beginning(given[0])))


def _is_dynamic_name(name: str) -> bool:
    """Whether a name that is taken by a text is one that takes names itself, or leads to any code."""
    takes = name in _BY_METHOD or name in _GETTERS or name in _EXPRESSIONS or name == "__dict__"
    return takes or name in _DYNAMIC_NAMES or name in _CODE_OBJECTS or _is_dynamic_attribute(name)


def _is_taken_out(alias: ast.alias) -> bool:
    """Whether an import takes something that runs code out of whatever module, or out of sight."""
    if _DYNAMIC_ATTRIBUTES.fullmatch(alias.name):
        return True
    is_known_by_name = (
        alias.name in _POWERFUL or alias.name in _GETTERS or alias.name in _WHOLE or alias.name == "TypeAdapter"
    )
    return alias.asname is not None and is_known_by_name


def _loads_plainly(dotted: list[str], call: ast.Call | None) -> bool:
    """Whether a call of `yaml.load`, `torch.load` or `numpy.load` says that it takes plain values alone."""
    if call is None:
        return False
    if dotted == ["torch", "load"]:
        return any(one.arg == "weights_only" and _is(one.value, constant=True) for one in call.keywords)
    if dotted == ["numpy", "load"]:
        # The third is `allow_pickle`; by its name, it is seen everywhere.
        stars = any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords)
        return len(call.args) < _PLACE_OF_ALLOW_PICKLE + 1 and not stars
    if dotted in (["yaml", "load"], ["yaml", "load_all"]):
        given = [*call.args[1:2], *(one.value for one in call.keywords if one.arg == "Loader")]
        return any(isinstance(one, ast.Attribute) and one.attr in _SAFE_LOADERS for one in given)
    return False


def _sets_backend(option: str) -> bool:
    """Whether an option is, by a part of its name or a pattern, that of the module that draws."""
    try:
        return re.search(option, _BACKEND, re.IGNORECASE) is not None
    except re.error:
        return True


def _is(node: ast.expr, *, constant: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is constant
