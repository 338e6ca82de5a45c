"""The senders: signed webhooks, sent again until they are answered 2xx, as a good sender does."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shared.sources.senders import standard_webhooks

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SEVERITIES = ("critical", "warning", "info")


@dataclass(frozen=True)
class Delivery:
    id: str
    body: bytes


def alert_of(message: int) -> int:
    """The alert that a message is about: of each thirty messages three are about one alert, the others about their own."""
    return message - message % 3 if message % 30 < 3 else message


def severity_of(alert: int) -> str:
    return SEVERITIES[alert % 3 if alert % 30 else 0]


def trouble(message: int, alert: int, severity: str, *, rule: str = "") -> Delivery:
    """Each alert is of a rule of its own, unless they are to be alike."""
    data = {"title": f"Trouble {alert}", "severity": severity, "status": "firing", "fingerprint": f"f{alert}"}
    data |= {"rule": rule or f"Rule{alert}", "message": f"message {message}"}
    return Delivery(f"msg_{message}", json.dumps({"type": "trouble", "data": data}).encode())


def deliveries(count: int, rng: random.Random) -> list[Delivery]:
    """*count* deliveries, a third of them repeats of others, in random order."""
    unique = count - count // 3
    made = [trouble(n, alert_of(n), severity_of(alert_of(n))) for n in range(unique)]
    all_of_them = made + [rng.choice(made) for _ in range(count - unique)]
    rng.shuffle(all_of_them)
    return all_of_them


@dataclass
class Sent:
    """What came of sending. `slowest_refusal` is the longest time that an answer of 503 took."""

    accepted: int = 0
    attempts: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    slowest_refusal: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, answer: str, took: float) -> None:
        with self._lock:
            self.attempts += 1
            self.answers[answer] += 1
            self.accepted += answer.startswith("2")
            self.slowest_refusal = max(self.slowest_refusal, took if answer == "503" else 0.0)


def send_all(port: int, all_of_them: list[Delivery], *, per_second: float, workers: int = 16, limit: float) -> Sent:
    """Send at a steady pace, each until it is answered 2xx; after *limit* seconds no more is tried."""
    sent, began = Sent(), time.monotonic()

    def one(numbered: tuple[int, Delivery]) -> None:
        number, delivery = numbered
        time.sleep(max(0.0, began + number / per_second - time.monotonic()))
        while time.monotonic() - began < limit and not attempt(port, delivery, sent):
            time.sleep(0.2)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, enumerate(all_of_them)))
    return sent


def attempt(port: int, delivery: Delivery, sent: Sent) -> bool:
    """Whether *delivery* was accepted; *sent* notes the answer."""
    began = time.monotonic()
    try:
        status, _ = post(port, delivery.body, signed(delivery))
    except OSError:
        sent.note("no answer", time.monotonic() - began)
        return False
    sent.note(str(status), time.monotonic() - began)
    return 200 <= status < 300


def signed(delivery: Delivery) -> dict[str, str]:
    now = datetime.now(UTC)
    headers = standard_webhooks.SCHEME.sign(delivery.body, SECRET, now=now, delivery=delivery.id, event_type="")
    return {"content-type": "application/json", **headers}


def post(
    port: int, body: bytes, headers: dict[str, str], *, path: str = "/webhooks/app", method: str = "POST"
) -> tuple[int, bytes]:
    """The status and body of the answer; raises OSError when there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except http.client.HTTPException as fault:
        raise ConnectionError(str(fault)) from fault
    finally:
        connection.close()


def until(holds: Any, *, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.1)
