"""Plain data of all sorts, leaning towards what YAML readers misread."""

from __future__ import annotations

from hypothesis import strategies as st

_WORDS = """
yes No ON off y n null ~ Null true FALSE 1 -1 010 0x1F 0o7 1_000 1e3 1.0 .5 5. .inf -.nan 1:30 2013-01-01 12e03
= << - -- --- ... ? : # & * ! | > % @ ` 2h 30d 25% 2Gi 500m 1.2.3 0b1 {{x}} [a] {a} a,b, a:b a: :a a#b
"""
TRICKY = _WORDS.split()

texts = st.one_of(
    st.sampled_from(TRICKY),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=30),
    st.text(
        st.sampled_from(list(" \t\n:#-'\"\\{}[],&*!|>%@`?yn01.e+_=~aé日\x85\u2028\ufeff\u202e\U0001f600")), max_size=12
    ),
    st.lists(st.sampled_from(["a", "\n", " ", "b: c", "# d"]), max_size=8).map("".join),
)
numbers = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False))
scalars = st.one_of(texts, numbers, st.booleans(), st.none())
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=20,
)
mappings = st.dictionaries(texts, values, min_size=1, max_size=5)
