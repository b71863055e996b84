"""Reading a JSON object by hand: every value with its place (`pairs[3].score`) when it is refused."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from matcher.errors import InvalidRecord

LARGEST = 1_000_000
"""No count in an event is larger."""


@dataclass(frozen=True, slots=True)
class Place:
    """A JSON object and where it stands; every reader raises InvalidRecord with the place."""

    name: str
    object: object

    @property
    def value(self) -> Mapping[str, Any]:
        """The object itself; refused where it is none."""
        if not isinstance(self.object, Mapping):
            refuse(self.name or "event", self.object, "객체(JSON object)여야 합니다.")
        return self.object

    def _at(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without a default, a missing one is refused."""
        found = self.value.get(key)
        if found is None or found == "":
            if default is None:
                refuse(self._at(key), found, "비었습니다. 값을 적으십시오.")
            return default
        if not isinstance(found, str | int) or isinstance(found, bool):
            refuse(self._at(key), found, "글자여야 합니다.")
        return str(found).strip()

    def whole(self, key: str, default: int | None, *, least: int) -> int | None:
        """Return a whole number of at least `least`."""
        found = self.value.get(key)
        if found is None:
            return default
        if isinstance(found, bool) or not isinstance(found, int | float) or found % 1 != 0:
            refuse(self._at(key), found, "정수여야 합니다.")
        if found > LARGEST:
            refuse(self._at(key), found, f"{LARGEST:,} 이하여야 합니다.")
        if found < least:
            refuse(self._at(key), found, f"{least} 이상이어야 합니다.")
        return int(found)

    def number(self, key: str, default: float | None = None) -> float:
        """Return a finite number."""
        found = self.value.get(key, default)
        if (
            isinstance(found, bool)
            or not isinstance(found, int | float)
            or not math.isfinite(found)
        ):
            refuse(self._at(key), found, "유한한 숫자여야 합니다.")
        return float(found)

    def items(self, key: str) -> list["Place"]:
        """Return the items of a list, each with its place."""
        found = self.value.get(key)
        if found is None:
            return []
        if not isinstance(found, list | tuple):
            refuse(self._at(key), found, "목록이어야 합니다.")
        return [Place(f"{self._at(key)}[{n}]", item) for n, item in enumerate(found)]

    def objects(self, key: str) -> list["Place"]:
        """Return the items of a list of objects."""
        places = self.items(key)
        for place in places:
            _ = place.value
        return places

    def texts(self, key: str) -> list[str]:
        """Return a list of texts."""
        found = []
        for place in self.items(key):
            if not isinstance(place.object, str | int) or isinstance(place.object, bool):
                refuse(place.name, place.object, "글자여야 합니다.")
            found.append(str(place.object).strip())
        return found


def refuse(place: str, value: object, sentence: str) -> NoReturn:
    """Raise InvalidRecord with place, sentence and value."""
    shown = "" if value is None else f" (지금 값: {str(value)[:60]})"
    raise InvalidRecord(f"행사 파일의 {place}: {sentence}{shown}", field=place, value=value)
