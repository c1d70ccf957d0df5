"""
Puts something known in the place of what is merely well-formed, in about two of three cases, so that they reach what
lies behind the front door. Chosen by what it replaces: the same seed makes the same requests.
"""

import json
import os
import re
import zlib

import requests
from schemathesis.generation.meta import TestPhase

import hostile

KNOWN = json.loads(os.environ["FUZZ_KNOWN"])
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
SKU = re.compile(r"[A-Z0-9][A-Z0-9-]{0,39}")
KEY = re.compile(r"[\w.:-]{1,128}", re.ASCII)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
TEXT = re.compile(r"[^\0\ud800-\udfff]{1,128}")

PLACES = {
    "headers": {"x-tenant-id": (NAME, "tenants")},
    "query": {
        "warehouseId": (NAME, "warehouses"),
        "tenantId": (NAME, "tenants"),
        "service": (TEXT, "services"),
    },
    "body": {
        "warehouseId": (NAME, "warehouses"),
        "tenantId": (NAME, "tenants"),
        "sku": (SKU, "skus"),
        "service": (TEXT, "services"),
    },
}
IDENTIFIERS = {
    "/inventory/items/{sku}": ("sku", SKU, "skus"),
    "/outbound/orders/{id}": ("id", UUID, "orders"),
    "/outbound/retries/{id}": ("id", UUID, "retries"),
    # The events of an open incident go on until it is closed.
    "/incidents/{id}/events": ("id", TEXT, "closed"),
    "/incidents/{id}/postmortem.svg": ("id", TEXT, "charted"),
    "/incidents/{id}": ("id", TEXT, "incidents"),
    "/incidents/{id}/decisions": ("id", TEXT, "incidents"),
    "/incidents/{id}/postmortem": ("id", TEXT, "incidents"),
}


def put_in(case):
    if case.meta is not None and case.meta.phase.name == TestPhase.STATEFUL:
        be_one_tenant(case.headers or {})
    for container, places in PLACES.items():
        values = getattr(case, container)
        for part in parts_of(values):
            for name, (shape, kind) in places.items():
                replace(part, name, shape, kind)
    if case.operation.path in IDENTIFIERS:
        replace(case.path_parameters or {}, *IDENTIFIERS[case.operation.path])
    if isinstance(case.body, dict):
        know_alerts(case.body)
        if case.operation.path == "/incidents/{id}/decisions":
            know_question(case)
        hostile.put_in(case.body, checksum(case.body))
    separate_keys(case)


def be_one_tenant(headers):
    """What one request has made, the next one finds only as the same tenant."""
    if NAME.fullmatch(str(headers.get("x-tenant-id"))):
        headers["x-tenant-id"] = KNOWN["tenants"][0]


def parts_of(values):
    """An object and those in its `lines`."""
    if not hasattr(values, "keys"):
        return []
    lines = values.get("lines")
    return [values, *(one for one in (lines if isinstance(lines, list) else []) if isinstance(one, dict))]


def replace(values, name, shape, kind):
    value = values.get(name)
    if not isinstance(value, str) or not shape.fullmatch(value) or value in KNOWN[kind]:
        return
    if chance(value):
        values[name] = pick(KNOWN[kind], value)


def know_alerts(body):
    alerts = body.get("alerts")
    for alert in alerts if isinstance(alerts, list) else []:
        labels = alert.get("labels") if isinstance(alert, dict) else None
        if isinstance(labels, dict) and chance(labels):
            labels.update(alertname="AvailabilityFastBurn", service=pick(KNOWN["services"], labels))


def know_question(case):
    """Answers the question that waits, when one does, and more often than not so that it is asked again."""
    step = case.body.get("stepId")
    if not isinstance(step, str) or not TEXT.fullmatch(step) or not chance(step):
        return
    service = pick(KNOWN["services"], step)
    case.path_parameters["id"] = service
    answer = requests.get(
        f"{KNOWN['incidentApi']}/incidents/{service}", headers=KNOWN["headers"], timeout=20
    )
    live = answer.json().get("live") if answer.status_code == 200 else None
    if live and live["question"]:
        case.body["stepId"] = live["question"]["stepId"]
        if chance((step, case.body)):
            case.body["decision"] = "wait"


def separate_keys(case):
    """A key stands for one request: another under the same key is refused, as it should be."""
    headers = case.headers or {}
    for name in list(headers):
        if name.lower() == "idempotency-key" and KEY.fullmatch(str(headers[name])):
            content = repr((case.headers.get("x-tenant-id"), case.path_parameters, case.body))
            headers[name] = f"{headers[name][:100]}.{checksum(content):x}"


def chance(value):
    return checksum(value) % 3 > 0


def pick(values, value):
    return values[checksum(value) // 3 % len(values)]


def checksum(value):
    return zlib.crc32(repr(value).encode("utf-8", "replace"))
