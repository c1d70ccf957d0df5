"""What the cases of schemathesis need to get past the front door, and what no answer may hold."""

import itertools
import re
import time
import zlib

import schemathesis

started = time.time_ns()
fresh = itertools.count()
services = ("inventory", "outbound")

LEAKS = re.compile(
    r"""
    \bat\s(?:async\s)?\S+\s\(?(?:file:|node:|/)  # a frame of a stack trace
    | node_modules | /dist/ | \.[jt]s:\d+        # where our code lies
    | Postgres(?:Error|QL) | \brelation\s\\?"    # the database by name, or in its own words
    | (?i:\bselect\b.+\bfrom\b | \binsert\s+into\b | \bviolates\b.+\bconstraint\b)
    | \bE(?:CONN\w+|NOTFOUND|PIPE)\b | \bTypeError\b | \bZodError\b | \bgRPC\b | \b1[0-9]\s[A-Z_]+:
    """,
    re.VERBOSE,
)


@schemathesis.check
def no_internals(ctx, response, case):
    """Answers to hostile input tell nothing of how we are built."""
    if case.path.endswith(("/metrics", "/openapi.json")) or response.status_code < 400:
        return
    found = LEAKS.search(response.text)
    if found is not None:
        raise AssertionError(f"the answer leaks {found.group()!r}")


@schemathesis.check
def no_undeclared_failure(ctx, response, case):
    """5xx only where the contract says so, and never 500."""
    status = response.status_code
    declared = case.operation.definition.raw.get("responses", {})
    if status >= 500 and (status == 500 or str(status) not in declared):
        raise AssertionError(f"answered {status}")


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Puts something known in the place of what is merely valid, so that cases reach what lies behind."""
    keys = case.headers or {}
    for name in list(keys):
        if name.lower() == "idempotency-key" and re.fullmatch(r"[\w.:-]{1,128}", str(keys[name])):
            # A key that was used for another request is rightly refused.
            keys[name] = f"fuzz-{started}-{next(fresh)}"
    if isinstance(case.body, dict):
        know_service(case)
        know_alerts(case.body)
    identifier = (case.path_parameters or {}).get("id")
    if isinstance(identifier, str) and case.path.startswith("/incidents") and chance(identifier):
        case.path_parameters["id"] = pick(identifier)
    service = (case.query or {}).get("service")
    if isinstance(service, str) and service and "\0" not in service and chance(service):
        case.query["service"] = pick(service)


def know_service(case):
    service = case.body.get("service")
    if case.path == "/incidents" and isinstance(service, str) and service and "\0" not in service:
        if len(service) <= 200:
            case.body["service"] = pick(service)


def know_alerts(body):
    alerts = body.get("alerts")
    for alert in alerts if isinstance(alerts, list) else []:
        labels = alert.get("labels") if isinstance(alert, dict) else None
        if isinstance(labels, dict) and chance(labels):
            labels.update(alertname="AvailabilityFastBurn", service=pick(labels))


def chance(value):
    return zlib.crc32(repr(value).encode("utf-8", "replace")) % 3 > 0


def pick(value):
    return services[zlib.crc32(repr(value).encode("utf-8", "replace")) % len(services)]
