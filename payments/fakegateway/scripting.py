"""What tests tell the gateway to do with the next calls, kept in memory only."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from payments.fakegateway.books import Refused
from payments.fakegateway.cards import MOVES, Manner, Twist

ON: Final = (*MOVES, "initiate", "update", "look_up", "settle", "any")


@dataclass(slots=True)
class Order:
    """on: which calls; times: for how many of them; pid: whom `kill_pid` kills. As it is here: nothing special."""

    on: str = "any"
    twist: Twist | None = None
    manner: str = ""
    times: int = 1
    pid: int = 0


class Script:
    """Each order is carried out on the next calls that it is about, the oldest order first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: list[Order] = []

    def add(self, told: Mapping[str, Any]) -> None:
        """{"on": "refund", "do": "timeout_after", "webhook": "twice", "times": 1, "pid": 123}"""
        try:
            order = Order(
                on=told.get("on", "any"),
                twist=Twist(told["do"]) if told.get("do") else None,
                manner=Manner(told["webhook"]).value if told.get("webhook") else "",
                times=int(told.get("times", 1)),
                pid=int(told.get("pid", 0)),
            )
        except (TypeError, ValueError) as problem:
            raise Refused(422, "bad_script", str(problem)) from problem
        if (
            order.on not in ON
            or not (order.twist or order.manner)
            or (order.twist is Twist.KILL_PID) != (order.pid > 1)
        ):
            raise Refused(422, "bad_script", f"on: one of {', '.join(ON)}; do, webhook or both; kill_pid with its pid.")
        with self._lock:
            self._orders.append(order)

    def clear(self) -> None:
        with self._lock:
            self._orders.clear()

    def take(self, act: str) -> Order:
        with self._lock:
            for order in self._orders:
                if order.on in (act, "any"):
                    order.times -= 1
                    if order.times <= 0:
                        self._orders.remove(order)
                    return order
        return Order()
