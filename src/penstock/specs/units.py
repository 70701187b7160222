"""Numbers that carry units: durations, fractions, Kubernetes quantities.

Each type validates from the text that people write and prints the canonical form of it, so that ``60m`` and ``1h``
are the same value to a review and ``25%`` prints as ``25%``.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

_DURATION_UNITS = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_DURATION = re.compile(r"(?:\d+(?:ms|[wdhms]))+")
_DURATION_PART = re.compile(r"(\d+)(ms|[wdhms])")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?")
_QUANTITY_FACTORS: dict[str | None, Decimal] = {
    None: Decimal(1),
    "m": Decimal("0.001"),
    **{unit: Decimal(1000) ** power for power, unit in enumerate(("k", "M", "G", "T", "P"), start=1)},
    **{unit: Decimal(1024) ** power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi"), start=1)},
}


class _Unit:
    """What the unit types share: validation from text, a JSON Schema pattern, printing as text."""

    expected: ClassVar[str]
    """What is expected, for an error: ``a duration such as ...``."""
    _pattern: ClassVar[str]
    _examples: ClassVar[tuple[str, ...]]

    @classmethod
    @abstractmethod
    def parse(cls, text: object) -> Self:
        """The value that `text` stands for; ValueError with the expected form where it stands for none."""

    @classmethod
    def _validate(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        try:
            # A value of a wider type, such as any duration where only a positive one will do, is taken by its text.
            return cls.parse(str(value) if isinstance(value, _Unit) else value)
        except ValueError as error:
            raise PydanticCustomError("unit", "{reason}", {"reason": str(error)}) from None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "pattern": f"^{cls._pattern}$", "examples": list(cls._examples)}


class _AboveNothing(_Unit):
    """What makes a unit type refuse its zero."""

    @classmethod
    def parse(cls, text: object) -> Self:
        found = super().parse(text)
        if not found:
            raise ValueError(f"expected {cls.expected}")
        return found


class Duration(_Unit, int):
    """A span of time in whole milliseconds, such as ``40ms`` or ``1d12h``; prints with the largest exact units."""

    expected = "a duration such as `30m`, `2h` or `7d`"
    _pattern = _DURATION.pattern
    _examples: ClassVar[tuple[str, ...]] = ("30m", "2h", "7d")

    @classmethod
    def parse(cls, text: object) -> Self:
        if not isinstance(text, str) or not _DURATION.fullmatch(text):
            raise ValueError(f"expected {cls.expected}")
        return cls(sum(int(number) * _DURATION_UNITS[unit] for number, unit in _DURATION_PART.findall(text)))

    @property
    def seconds(self) -> float:
        """The span in seconds."""
        return int(self) / 1000

    def __str__(self) -> str:
        # Weeks are read, never printed: `7d` is what Prometheus and people compare with.
        rest, parts = int(self), []
        for unit in ("d", "h", "m", "s", "ms"):
            count, rest = divmod(rest, _DURATION_UNITS[unit])
            if count:
                parts.append(f"{count}{unit}")
        return "".join(parts) or "0s"

    def __repr__(self) -> str:
        return f"Duration({str(self)!r})"


class PositiveDuration(_AboveNothing, Duration):
    """A span of time that is not nothing, where none at all would mean that something is never done, or always."""

    expected = "a duration above 0 such as `30m`, `2h` or `7d`"
    _pattern = rf"(?=.*[1-9])({_DURATION.pattern})"


class WholeSeconds(PositiveDuration):
    """A span of time for a target that counts whole seconds and would round another."""

    expected = "a duration in whole seconds, above 0, such as `30s`, `5m` or `2h`"
    _pattern = r"(?=.*[1-9])((?:\d+[wdhms](?!s))+)"
    _examples: ClassVar[tuple[str, ...]] = ("30s", "5m", "2h")

    @classmethod
    def parse(cls, text: object) -> Self:
        if isinstance(text, str) and "ms" in text:
            raise ValueError(f"expected {cls.expected}")
        return super().parse(text)


class Fraction(_Unit, Decimal):
    """A share of one, written ``25%`` or ``0.25``; exact, and prints as a percentage."""

    expected = "a percentage such as `25%` or a number from 0 to 1"
    _pattern = _PERCENT.pattern
    _examples: ClassVar[tuple[str, ...]] = ("95%", "2.5%")

    @classmethod
    def parse(cls, text: object) -> Self:
        if isinstance(text, str) and (match := _PERCENT.fullmatch(text)):
            value = Decimal(match[1]) / 100
        elif isinstance(text, int | float | Decimal) and not isinstance(text, bool):
            value = Decimal(str(text))
        else:
            raise ValueError(f"expected {cls.expected}")
        if not 0 <= value <= 1:
            raise ValueError(f"expected {cls.expected}, at most 100%")
        return cls(value)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        text = super().__get_pydantic_json_schema__(schema, handler)
        return {"anyOf": [text, {"type": "number", "minimum": 0, "maximum": 1}]}

    def __str__(self) -> str:
        percent = (Decimal(self) * 100).normalize()
        return f"{percent:f}%"

    def __repr__(self) -> str:
        return f"Fraction({str(self)!r})"


class PositiveFraction(_AboveNothing, Fraction):
    """A share that is not nothing."""

    expected = "a percentage above 0 such as `25%` or a number from 0 to 1"
    _pattern = rf"(?=.*[1-9]){_PERCENT.pattern}"

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        text, number = super().__get_pydantic_json_schema__(schema, handler)["anyOf"]
        return {"anyOf": [text, {"type": "number", "exclusiveMinimum": 0, "maximum": number["maximum"]}]}


class Confidence(Fraction):
    """How sure one wants to be: surer than not, and not of everything, which no finite number of rows can give.

    A small number is the error that somebody else allows, whose confidence is the rest of it.
    """

    expected = "a confidence such as `95%`, from 50% and below 100%"
    _pattern = r"([5-9]\d(?:\.\d+)?)%"

    @classmethod
    def parse(cls, text: object) -> Self:
        try:
            found = super().parse(text)
        except ValueError:
            raise ValueError(f"expected {cls.expected}") from None
        if not 0.5 <= found < 1:
            raise ValueError(f"expected {cls.expected}")
        return found

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        text, _ = super().__get_pydantic_json_schema__(schema, handler)["anyOf"]
        return {"anyOf": [text, {"type": "number", "minimum": 0.5, "exclusiveMaximum": 1}]}


class Quantity(_Unit, str):
    """A Kubernetes resource quantity such as ``500m``, ``2`` or ``4Gi``; keeps its text, compares by `amount`."""

    expected = "a Kubernetes quantity such as `500m`, `2` or `4Gi`"
    _units: ClassVar[tuple[str | None, ...]] = tuple(_QUANTITY_FACTORS)
    """Those that may follow the number; of two texts as long as each other, the one with the earlier is taken."""
    _pattern = _QUANTITY.pattern
    _examples: ClassVar[tuple[str, ...]] = ("500m", "2", "4Gi")

    @classmethod
    def parse(cls, text: object) -> Self:
        if isinstance(text, int) and not isinstance(text, bool) and text >= 0:
            text = str(text)
        if not isinstance(text, str) or not _QUANTITY.fullmatch(text):
            raise ValueError(f"expected {cls.expected}")
        return cls(text)

    @property
    def amount(self) -> Decimal:
        """The quantity in its base unit: cores or bytes."""
        number, unit = _QUANTITY.fullmatch(self).groups()  # type: ignore[union-attr]  # parse() has matched it
        return Decimal(number) * _QUANTITY_FACTORS[unit]

    @property
    def shortest(self) -> str:
        """The shortest text of the same amount without a fraction: `4Gi` for `4096Mi`, `2` for `2000m`.

        The same amount has the same one, however a spec writes it; where a fraction alone says it, that is the text.
        """
        return _shortest(self, self._units)


@lru_cache(maxsize=256)
def _shortest(quantity: Quantity, units: tuple[str | None, ...]) -> str:
    # A repository has a few of them, each in many steps.
    amount, factors = quantity.amount, ((unit, _QUANTITY_FACTORS[unit]) for unit in units)
    whole = [f"{amount // factor:f}{unit or ''}" for unit, factor in factors if amount % factor == 0]
    return min(whole, key=len, default=str(quantity))


class Cpu(Quantity):
    """Processors: whole ones, or thousandths with `m`."""

    expected = "a CPU quantity above 0 such as `500m` or `2`"
    _units = (None, "m")
    _pattern = r"(?=.*[1-9])(\d+(?:\.\d+)?)m?"
    _examples: ClassVar[tuple[str, ...]] = ("500m", "2")

    @classmethod
    def parse(cls, text: object) -> Self:
        found = super().parse(text)
        if not re.fullmatch(cls._pattern, found):
            raise ValueError(f"expected {cls.expected}")
        return found


class Memory(Quantity):
    """Bytes. A container does not start in less than a mebibyte, and thousandths of a byte are a slip for `Mi`."""

    expected = "a memory quantity such as `512Mi` or `4Gi`"
    _units = tuple(unit for unit in _QUANTITY_FACTORS if unit != "m")
    _pattern = r"(?=.*[1-9])(\d+(?:\.\d+)?)(k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?"
    _examples: ClassVar[tuple[str, ...]] = ("512Mi", "4Gi")
    _least = Decimal(1024) ** 2

    @classmethod
    def parse(cls, text: object) -> Self:
        found = super().parse(text)
        if not re.fullmatch(cls._pattern, found) or found.amount < cls._least:
            raise ValueError(f"expected {cls.expected}")
        return found
