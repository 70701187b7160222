"""What the columns of a query's result are made of: through subqueries, common table expressions and joins."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope
from sqlglot.schema import MappingSchema

from penstock.catalog.sql.aggregates import aggregates
from penstock.catalog.sql.deciders import deciders, ingredients
from penstock.catalog.sql.kinds import is_named
from penstock.catalog.sql.lookahead import lookaheads
from penstock.catalog.sql.values import DIALECT, Derivation, Lookahead, Moments, TableColumn, Tables

_UNNAMED = "_without_a_name"
"""What a column is called here to which its query gives no name."""
_OF_SQLGLOT = "_col_"
"""What sqlglot calls the columns that it numbers, such as those of VALUES, begins with this."""
_CONDITIONS = ("where", "having", "qualify")

_Made = tuple[tuple[str, frozenset[TableColumn]], ...]
"""Columns of a result by name, each with the columns of tables that it is made of."""


class _Sources(NamedTuple):
    """What a column of a result is made of, and whether nothing but its name and its type may be another."""

    columns: frozenset[TableColumn]
    is_copy: bool


def derived(tree: exp.Query, tables: Tables) -> Derivation:
    """The columns of a query's result, given the columns of the tables; the query must be none that is opaque.

    What cannot be followed is made of everything, or is not told where its names are not known either.
    """
    # SQL does not tell upper case from lower case, and what is qualified is in lower case: of names that differ so in
    # other letters than those of ASCII, which are several to the database, any may be meant.
    written: dict[TableColumn, list[TableColumn]] = {}
    for name, columns in tables:
        for column in columns:
            written.setdefault((name, column.lower()), []).append((name, column))
    everything = frozenset(written)
    schema = _schema(tables)
    scope = _qualified(tree, schema)
    if scope is not None and (_reads_rows(scope) or _is_renamed(scope)):
        return Derivation(())
    if scope is None:
        known = [name for name in tree.named_selects if name != "*"]
        return Derivation(tuple((name, frozenset(chain(*written.values()))) for name in known))
    names = _selected_names(scope.expression)
    decided = deciders(scope, everything)
    found: _Made | None
    keys = decided.keys
    copies: set[str] = set()
    if _reaches_out(scope, {column for _, column in written}):
        found = ingredients(scope, everything)
        if found is None:
            return Derivation(())
        keys = (*keys, *found)
    else:
        made = {name: _sources(name, scope, schema, decided.conditions) for name in names}
        found = tuple((name, everything if (one := made[name]) is None else one.columns) for name in names)
        copies = {name for name, one in made.items() if one is not None and one.is_copy}

    def as_written(columns: frozenset[TableColumn]) -> frozenset[TableColumn]:
        return frozenset(one for column in columns for one in written.get(column, [column]))

    def as_named(columns: _Made) -> _Made:
        return tuple(
            ("" if _is_unnamed(name, tree, written) else name, as_written(sources)) for name, sources in columns
        )

    sources = as_named(found)
    copied = tuple((name, one) for name, columns in sources if name in copies and len(columns) == 1 for one in columns)
    return Derivation(sources, as_named(keys), as_written(decided.filters), copied)


def may_look_ahead(tree: exp.Query, tables: Moments, own: str) -> tuple[Lookahead, ...]:
    """The columns of a query's result that may be made of later rows; the query must be none that is opaque.

    `own` is the column with the time of the result, empty where it has none. Nothing is told of what cannot be
    followed.
    """
    scope = _qualified(tree, _schema((name, columns) for name, *_, columns, _ in tables))
    return () if scope is None or _reads_rows(scope) or _is_renamed(scope) else lookaheads(scope, tables, own)


def _schema(tables: Iterable[tuple[str, tuple[str, ...]]]) -> MappingSchema:
    return MappingSchema(
        {name: dict.fromkeys(map(str.lower, columns), "unknown") for name, columns in tables}, dialect=DIALECT
    )


def _qualified(tree: exp.Expr, schema: MappingSchema) -> Scope | None:
    """A query with the table of each column, each star spelt out; None where sqlglot does not know."""
    try:
        return build_scope(
            qualify(_without_false_names(tree), schema=schema, dialect=DIALECT, validate_qualify_columns=False)
        )
    except SqlglotError:
        return None


def _sources(name: str, scope: Scope, schema: MappingSchema, conditions: frozenset[TableColumn]) -> _Sources | None:
    """What a column of the result is made of, with the `conditions` of the query where it aggregates; None where
    sqlglot cannot follow it.
    """
    query = scope.expression
    try:
        node = lineage(name, query, schema=schema, dialect=DIALECT, scope=scope, copy=False, trim_selects=False)
    except (SqlglotError, ValueError):
        return None
    sources: set[TableColumn] = set()
    is_aggregate, is_copy = False, True
    for one in node.walk():
        is_aggregate = is_aggregate or aggregates(one.expression)
        is_copy = is_copy and isinstance(_uncast(one.expression), exp.Column | exp.Table)
        if isinstance(one.expression, exp.Table):
            sources.add((one.expression.name, one.name.rpartition(".")[2].strip('"')))
    return _Sources(frozenset(sources) | (conditions if is_aggregate else frozenset()), is_copy)


def _uncast(node: exp.Expr) -> exp.Expr:
    node = node.unalias()
    while isinstance(node, exp.Paren | exp.Cast):
        node = node.this
    return node


def _is_unnamed(name: str, tree: exp.Expr, columns: Iterable[TableColumn]) -> bool:
    """Whether the query gives a column of its result no name; somebody's own may look like sqlglot's."""
    if name == _UNNAMED or not name.startswith(_OF_SQLGLOT):
        return name == _UNNAMED
    is_own = any(name == column for _, column in columns)
    own = (one.name.lower() for one in tree.find_all(exp.Identifier) if "start" in one.meta)
    return not is_own and name not in own


def _without_false_names(tree: exp.Expr) -> exp.Expr:
    """A copy in which ``qty::float`` or ``qty[1]`` is not called `qty`: sqlglot does so, the engine does not."""
    copy = tree.copy()
    for select in copy.find_all(exp.Select):
        for one in select.expressions:
            if not is_named(one):
                one.replace(exp.alias_(one.copy(), _UNNAMED))
    return copy


def _selected_names(tree: exp.Expr) -> list[str]:
    return list(getattr(tree, "named_selects", ()))


def _is_renamed(scope: Scope) -> bool:
    """Whether columns have names that the engine alone knows: of functions as tables, and of what stands twice."""
    for one in scope.traverse():
        names = _selected_names(one.expression)
        if "*" in names or (one is not scope and len(set(names)) < len(names)):
            return True
        if any(len(_selected_names(side.expression)) != len(names) for side in one.set_operation_scopes):
            return True
    return any(isinstance(select.unalias(), exp.Explode) for select in getattr(scope.expression, "selects", ()))


def _reads_rows(scope: Scope) -> bool:
    """Whether a value is made of a whole row, which sqlglot does not follow."""
    return any(one.expression.find(exp.TableColumn) is not None for one in scope.traverse())


def _reaches_out(scope: Scope, known: set[str]) -> bool:
    """Whether a value is made within a query that reads columns of the one around it, which sqlglot does not follow.

    What a condition of that kind reads decides rows, and is counted there. A name that is neither `known` nor made by
    the query is a mistake, which is reported elsewhere.
    """
    made = {one.alias.lower() for one in scope.expression.find_all(exp.Alias)}
    for one in scope.traverse():
        within = known | made if one is not scope else set()
        reached = any(column.table or column.name.lower() in within for column in one.external_columns)
        if reached and not _is_followed(one.expression):
            return True
    return False


def _is_followed(query: exp.Expr) -> bool:
    """Whether the query stands in a condition or behind LATERAL, or is one of the forms of a list of rows."""
    if not isinstance(query, exp.Query):
        return True
    node: exp.Expr = query
    while node.parent is not None and not isinstance(node.parent, exp.Select):
        node = node.parent
        if isinstance(node, exp.Lateral):
            return True
    return node.arg_key in _CONDITIONS
