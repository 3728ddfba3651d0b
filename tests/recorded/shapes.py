"""What was recorded of a server of the contract, as shapes: field -> type, in a form of our own.

    python -m tests.recorded.shapes FOLDER > tests/recorded/admin.json

reads the recordings in FOLDER and writes their shapes. A shape is `text`, `time`, `number`, `flag`, `object` (of any
fields), `null` (nothing was seen), a list of one shape (of none: it was empty), or an object of shapes; `@name` stands
for one of the named shapes.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_ID = re.compile(r"/[a-z_]+_[0-9A-Z]{26}")
_FREE = {"metadata", "data"}
_HERE = Path(__file__).with_name("admin.json")


def recorded() -> dict[str, dict[str, Any]]:
    """Every recorded exchange of staff by its name, `POST /admin/reservations/:id #2`: status, type word or answer.

    From the folder that OMS_CONTRACT names, or else as it is kept here.
    """
    folder = os.environ.get("OMS_CONTRACT")
    if folder:
        return _read(Path(folder))
    kept = json.loads(_HERE.read_text())
    return {name: _spelt_out(each, kept["shapes"]) for name, each in kept["exchanges"].items()}


def differences(shape: Any, told: Any, place: str = "") -> Iterator[str]:
    """Where an answer is not of this shape. More fields than recorded are welcome."""
    if shape == "null":
        return
    if isinstance(shape, dict):
        if not isinstance(told, dict):
            yield f"{place}: no object"
            return
        for name, each in shape.items():
            here = f"{place}.{name}" if place else name
            if name not in told:
                yield f"{here}: missing"
            else:
                yield from differences(each, told[name], here)
    elif isinstance(shape, list):
        if not isinstance(told, list):
            yield f"{place}: no list"
        elif shape and not told:
            yield f"{place}: empty, so nothing to compare"
        for each in told if shape and isinstance(told, list) else ():
            yield from differences(shape[0], each, f"{place}[]")
    elif _kind(told, place.rpartition(".")[2]) != shape:
        yield f"{place}: {json.dumps(told)[:60]} is no {shape}"


def _read(folder: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for exchange in json.loads((folder / "recorded-admin.json").read_text()):
        request, response = exchange["request"], exchange["response"]
        path = _ID.sub("/:id", request["path"].partition("?")[0])
        if path.startswith("/store/"):
            continue
        name, count = f"{request['method']} {path}", 1
        while (numbered := name if count == 1 else f"{name} #{count}") in found:
            count += 1
        body = response["body"]
        if response["status"] >= 400:
            found[numbered] = {"status": response["status"], "type": body.get("type", "unauthorized")}
        else:
            found[numbered] = {"status": response["status"], "answer": _shape(body)}
    return found


def _shape(value: Any, name: str = "") -> Any:
    if isinstance(value, dict) and name not in _FREE:
        return {key: _shape(each, key) for key, each in value.items() if not key.startswith("raw_")}
    if isinstance(value, list):
        return [_merged([_shape(each) for each in value])] if value else []
    return _kind(value, name)


def _kind(value: Any, name: str) -> str:
    if isinstance(value, str):
        return "time" if _TIME.fullmatch(value) else "text"
    if isinstance(value, dict) and name in _FREE:
        return "object"
    return {bool: "flag", int: "number", float: "number", type(None): "null"}.get(type(value), type(value).__name__)


def _merged(shapes: list[Any]) -> Any:
    """What all entries of a list have in common."""
    first = shapes[0]
    if all(isinstance(each, dict) for each in shapes):
        names = [name for name in first if all(name in each for each in shapes)]
        return {name: _merged([each[name] for each in shapes]) for name in names}
    return first if all(each == first for each in shapes) else "null"


def _spelt_out(value: Any, named: Mapping[str, Any]) -> Any:
    if isinstance(value, str) and value.startswith("@"):
        return _spelt_out(named[value[1:]], named)
    if isinstance(value, dict):
        return {name: _spelt_out(each, named) for name, each in value.items()}
    return [_spelt_out(each, named) for each in value] if isinstance(value, list) else value


def _named(value: Any, name: str, names: dict[str, Any]) -> Any:
    """The value with every larger object in it replaced by the name of its shape."""
    if isinstance(value, list):
        return [_named(each, name.removesuffix("s"), names) for each in value]
    if not isinstance(value, dict):
        return value
    value = {key: _named(each, key, names) for key, each in value.items()}
    if len(value) < 4:
        return value
    count = 1
    while (label := name if count == 1 else f"{name}-{count}") in names and names[label] != value:
        count += 1
    names[label] = value
    return f"@{label}"


def main(folder: str) -> None:
    shapes: dict[str, Any] = {}
    exchanges = {
        name: each | ({"answer": _named(each["answer"], "answer", shapes)} if "answer" in each else {})
        for name, each in _read(Path(folder)).items()
    }
    sys.stdout.write(json.dumps({"exchanges": exchanges, "shapes": shapes}, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
