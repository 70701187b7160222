"""A function does not exist in the repository, or takes other arguments.

What it does: finds the file of every `module:function` in the repository and parses it. A module with the name of one
that Python or the runtime image brings, such as `code` or `statistics`, is reported, since that one is imported.
Nothing is imported or run: a pull request must not run code on the machine that reviews it.

Why: a pipeline would fail in its container, after reading its data.

Example:

    source: {python: "systems.flights:departure"}      # the file says `def departures():`

Use instead:

    source: {python: "systems.flights:departures"}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from penstock.catalog.embedded_code import embedded_code
from penstock.catalog.model import View
from penstock.catalog.python.functions import Module, Signature, module_of
from penstock.catalog.python.runtime_modules import who_brings
from penstock.checks.rule import linked, rule, unknown_word
from penstock.diagnostics.model import Diagnostic, Label, Span
from penstock.diagnostics.suggest import did_you_mean
from penstock.python.paths import paths_of
from penstock.source.model import Pointer
from penstock.specs.base import Resource

_ARGUMENTS: dict[tuple[str, str], tuple[int, str]] = {
    ("Dataset", "source"): (0, "no argument: it returns the table"),
    ("Dataset", "checks"): (1, "one argument, the table"),
    ("FeatureSet", "features"): (1, "one argument, the table"),
    ("Gate", "rules"): (3, "three arguments: labels, predictions and rows"),
}
"""How many positional arguments a function is called with, by kind and by the key below ``spec`` that names it."""


@rule("unknown-function", once=True)
def unknown_function(view: View, resource: Resource) -> Iterator[Diagnostic]:
    """Yields each function that cannot be found or called."""
    for found in embedded_code(view, resource, "function"):
        yield from _problem(view, resource, found.pointer[1:], found.text)


def _problem(view: View, resource: Resource, below: Pointer, text: str) -> Iterator[Diagnostic]:
    module_name, _, name = text.partition(":")
    cut = len(module_name)

    # Places are looked up only for what is wrong: each costs a second look at the file's text.
    def at_module() -> Span:
        return view.span(resource, below, within=(0, cut))

    def at_name() -> Span:
        return view.span(resource, below, within=(cut + 1, len(text)))

    module = module_of(view, text)
    if module is None:
        yield no_module(view, "unknown-function", module_name, at_module())
    elif other := who_brings(module_name.partition(".")[0]):
        yield hidden_module("unknown-function", module_name, other, at_module())
    elif module.error is not None:
        line, reason = module.error
        # At the file, so that it is one mistake however many specs name its functions.
        yield Diagnostic.error(
            "unknown-function",
            f"cannot parse the module `{module_name}`",
            Span.point(module.path, line),
            reason,
            secondary=(Label(at_module(), "a spec refers to a function in it"),),
        )
    else:
        signature = module.find(name)
        if signature is None and module.is_open:
            return  # nobody can tell by the text
        if signature is None:
            names = [one.name for one in module.functions]
            headline = f"`{module.path}` has no function `{name}`"
            yield unknown_word("unknown-function", headline, at_name(), name, names)
        else:
            yield from _call(resource, below, module, module.alternatives(name), at_name)


def no_module(view: View, code: str, module: str, at: Span) -> Diagnostic:
    """A diagnostic of that code: the module's file is missing; a file beside it may be meant."""
    headline = f"the repository has no module `{module}`"
    if links := linked(view, paths_of(f"{module}:x")):
        return Diagnostic.error(code, headline, at, "symbolic links are not followed", help=links)
    file = paths_of(f"{module}:x")[0]
    folder, _, name = file.rpartition("/")
    beside = [entry.removesuffix(".py") for entry in view.catalog.repository.listing(folder)]
    guesses = did_you_mean(name.removesuffix(".py"), [entry for entry in beside if not entry.startswith((".", "__"))])
    prefix = module.rpartition(".")[0]
    helps = [f"there is no file `{file}` in the repository"]
    if guesses:
        helps.append(f"did you mean `{f'{prefix}.' if prefix else ''}{guesses[0]}`?")
    return Diagnostic.error(code, headline, at, help=tuple(helps))


def hidden_module(code: str, module: str, other: str, at: Span) -> Diagnostic:
    """A diagnostic of that code: another module of the name is imported before that of the repository."""
    package = module.partition(".")[0]
    return Diagnostic.error(
        code,
        f"the repository's `{package}` is never imported: {other} has a module `{package}`",
        at,
        help=("rename the folder or the file in the repository",),
    )


def _call(
    resource: Resource, below: Pointer, module: Module, found: tuple[Signature, ...], at: Callable[[], Span]
) -> Iterator[Diagnostic]:
    """Whether one of the functions that may be there can be called the way it will be; else the last one tells why."""
    signature = next((one for one in found if one.is_function), found[0])
    where = Label(Span.point(module.path, signature.line), "defined here")
    if not signature.is_function:
        yield Diagnostic.error(
            "unknown-function", f"`{signature.name}` is a class, not a function", at(), secondary=(where,)
        )
        return
    wanted = _ARGUMENTS.get((resource.kind_name, str(below[0])))
    if wanted is None:
        return
    count, words = wanted
    if not any(one.takes(count) for one in found):
        takes = f"{signature.least}" if signature.least == signature.most else f"{signature.least} to {signature.most}"
        given = (
            f"it takes {takes}"
            if not signature.keywords
            else f"it requires the keyword argument `{signature.keywords[0]}`"
        )
        yield Diagnostic.error(
            "unknown-function",
            f"`{signature.name}` is called with {words}",
            at(),
            given,
            secondary=(where,),
        )
