"""Plain data to YAML that every reader understands alike, and that reads well in a review.

Block style, lists at the indentation of their key, the order of the dict, nothing folded. A string
stays plain where no reader of YAML 1.1 or 1.2 takes it for anything else. The bytes depend on the
value alone: no table that differs between versions of Python is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

from penstock.source.reading.scalars import LARGEST_INTEGER, SMALLEST_INTEGER, float_text
from penstock.source.writing.recurring import Recurring

_LONGEST_REMEMBERED = 500
_MOST_REMEMBERED = 65_536
_LONGEST_SIMPLE_KEY = 1_000
"""YAML allows 1,024 characters before the colon of a key that stands on the colon's line."""

_RESERVED = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))

_HIDDEN = r"\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\u205f-\u206f\ud800-\udfff\ufeff\ufff0-\uffff"
_UNPRINTABLE = r"\x00-\x1f" + _HIDDEN
"""Characters to escape: what YAML cannot hold, what breaks lines, and what nobody sees."""

_PLAIN = re.compile(rf"(?:--)?[A-Za-z_/$(][^:#{_UNPRINTABLE}]*(?:(?::(?=[^ ])|(?<! )#)[^:#{_UNPRINTABLE}]*)*")
_QUANTITY = re.compile(r"[1-9][0-9]*(?:ms|[smhdw%]|[KMGT]i?)")
_TO_ESCAPE = re.compile(rf'["\\{_UNPRINTABLE}]')
_NOT_IN_QUOTES = re.compile(f"[{_UNPRINTABLE}]")
_NOT_IN_BLOCK = re.compile(rf"[\x00-\x08\x0b-\x1f{_HIDDEN}]")
_ENDS_IN_FLOW = re.compile(r"[\n,?\[\]{}]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0", "\x1b": "\\e"}


def emit_yaml(value: Any) -> str:
    """One document, with a line feed at its end.

    `value` is made of dict, list, str, int, float, bool and None. TypeError for any other type;
    ValueError for a float that is not finite, an integer of more than 64 bits, a lone surrogate.
    The text of a mapping that is `Recurring` is made once, and indented where it stands again.
    """
    lines: list[str] = []
    kind = type(value)
    if kind is Recurring and value:
        lines.append(_recurring(value, "", ""))
    elif kind is dict and value:
        _mapping(value, "", "", lines)
    elif kind is list and value:
        _list(value, "", "", lines)
    else:
        lines.append(_leaf(value, ""))
    lines.append("")
    return "\n".join(lines)


def emit_yaml_documents(values: Iterable[Any]) -> str:
    """Several documents of one file, `---` between them."""
    return "---\n".join(emit_yaml(value) for value in values)


def emit_yaml_line(value: Any) -> str:
    """A value on one line, without a line feed: lists and mappings in flow style. Takes what `emit_yaml` takes."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{emit_yaml_line(key)}: {emit_yaml_line(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(emit_yaml_line, value))}]"
    if not isinstance(value, str):
        return _leaf(value, "")
    return _double_quoted(value) if _ENDS_IN_FLOW.search(value) else _on_one_line(value)


def _recurring(mapping: Recurring, pad: str, first: str) -> str:
    """The lines of a mapping that recurs: `first` before the first one, `pad` before the others that are not empty."""
    try:
        text, known = mapping.text, mapping.pad
    except AttributeError:
        lines: list[str] = []
        _mapping(mapping, pad, "", lines)
        mapping.text, mapping.pad = "\n".join(lines), pad
        return first + mapping.text
    if known == pad:
        return first + text
    if known or "\n\n" not in f"{text}\n":
        return first + text.replace("\n" + known, "\n" + pad)
    head, *rest = text.split("\n")
    return "\n".join([first + head, *(pad + line if line else "" for line in rest)])


def _mapping(mapping: Mapping[str, Any], pad: str, first: str, lines: list[str]) -> None:
    """Append the entries' lines: `first` before the first one, `pad` before the others."""
    lead = first
    deeper = pad + "  "
    for key, item in mapping.items():
        name = _words[key]
        if name is None:
            name = _on_one_line(key)
            if len(name) > _LONGEST_SIMPLE_KEY:
                _long_key(name, item, pad, lead, lines)
                lead = pad
                continue
        kind = type(item)
        if kind is str:
            lines.append(f"{lead}{name}: {_words[item] or _string(item, pad)}")
        elif kind is dict and item:
            lines.append(f"{lead}{name}:")
            _mapping(item, deeper, deeper, lines)
        elif kind is list and item:
            lines.append(f"{lead}{name}:")
            _list(item, pad, pad, lines)
        elif kind is Recurring and item:
            lines.append(f"{lead}{name}:")
            lines.append(_recurring(item, deeper, deeper))
        else:
            lines.append(f"{lead}{name}: {_leaf(item, pad)}")
        lead = pad


def _list(items: Sequence[Any], pad: str, first: str, lines: list[str]) -> None:
    lead = first
    deeper = pad + "  "
    for item in items:
        kind = type(item)
        if kind is str:
            lines.append(f"{lead}- {_words[item] or _string(item, pad)}")
        elif kind is dict and item:
            _mapping(item, deeper, lead + "- ", lines)
        elif kind is list and item:
            _list(item, deeper, lead + "- ", lines)
        elif kind is Recurring and item:
            lines.append(_recurring(item, deeper, lead + "- "))
        else:
            lines.append(f"{lead}- {_leaf(item, pad)}")
        lead = pad


def _long_key(name: str, item: Any, pad: str, lead: str, lines: list[str]) -> None:
    """`? key` and `: value`, each on its own line."""
    lines.append(f"{lead}? {name}")
    deeper = pad + "  "
    if type(item) is dict and item:
        _mapping(item, deeper, pad + ": ", lines)
    elif type(item) is list and item:
        _list(item, deeper, pad + ": ", lines)
    elif type(item) is Recurring and item:
        lines.append(_recurring(item, deeper, pad + ": "))
    else:
        lines.append(f"{pad}: {_leaf(item, pad)}")


def _leaf(value: Any, pad: str) -> str:
    """A scalar, or an empty collection."""
    kind = type(value)
    if kind is str:
        return _string(value, pad)
    if kind is bool:
        return "true" if value else "false"
    if value is None:
        return "null"
    if kind is int:
        if not SMALLEST_INTEGER <= value <= LARGEST_INTEGER:
            raise ValueError("YAML cannot represent an integer of more than 64 bits")
        return str(value)
    if kind is float:
        if not isfinite(value):
            raise ValueError("YAML cannot represent a float that is not finite")
        return float_text(value)
    if kind is dict or kind is Recurring:
        return "{}"
    if kind is list:
        return "[]"
    raise TypeError(f"not plain data: {kind.__name__}")


def _string(text: str, pad: str) -> str:
    return _block(text, pad) if "\n" in text else _on_one_line(text)


def _block(text: str, pad: str) -> str:
    """A literal block where it holds exactly this text and hides nothing, else one quoted line."""
    body = text.rstrip("\n")
    if text[0] in " \t\n" or _has_trailing_space(body) or not _is_plain_to_see(body, _NOT_IN_BLOCK):
        return _double_quoted(text)
    ends = len(text) - len(body)
    style = "|-" if ends == 0 else "|" if ends == 1 else "|+"
    margin = pad + "  "
    if "\n\n" not in body:
        block = f"{style}\n{margin}" + body.replace("\n", "\n" + margin)
    else:
        block = "\n".join([style, *(margin + line if line else "" for line in body.split("\n"))])
    return block + "\n" * (ends - 1)


def _has_trailing_space(text: str) -> bool:
    return " \n" in text or "\t\n" in text or text[-1:] in (" ", "\t")


def _is_plain_to_see(text: str, hidden: re.Pattern[str]) -> bool:
    """Whether no character is `hidden`; line feeds are not."""
    # Most text is ASCII, for which Python knows the answer many times faster than a pattern.
    if text.isascii() and text.replace("\n", "").isprintable():
        return True
    return not hidden.search(text)


def _on_one_line(text: str) -> str:
    """The text on one line: plain, or in the quotes that need no escapes, or escaped."""
    if text.replace("-", "_").isidentifier() and text[0] != "-" and text.isascii():
        # Most texts are names, for which Python knows the answer many times faster than a pattern.
        return text if text.lower() not in _RESERVED else _double_quoted(text)
    if _PLAIN.fullmatch(text) and text[-1] not in " :" and text.lower() not in _RESERVED:
        return text
    if _QUANTITY.fullmatch(text):
        return text
    if ('"' in text or "\\" in text) and "\n" not in text and _is_plain_to_see(text, _NOT_IN_QUOTES):
        return "'" + text.replace("'", "''") + "'"
    return _double_quoted(text)


class _Words(dict[str, str | None]):
    """How texts are written that may come again; None for those that are long or have several lines."""

    def __missing__(self, text: str) -> str | None:
        if len(text) > _LONGEST_REMEMBERED or "\n" in text:
            return None
        written = _on_one_line(text)
        if len(written) > _LONGEST_SIMPLE_KEY:
            return None
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        self[text] = written
        return written


_words = _Words()
"""A look into a dict costs a fifth of a call, and most of what is written has been written before."""


def _double_quoted(text: str) -> str:
    if _SURROGATE.search(text):
        raise ValueError("YAML cannot represent a lone surrogate")
    return '"' + _TO_ESCAPE.sub(_escape, text) + '"'


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if character in _ESCAPES:
        return _ESCAPES[character]
    number = ord(character)
    return f"\\x{number:02x}" if number <= 0xFF else f"\\u{number:04x}"
