"""What schemathesis loads: known and hostile values for some cases, a tally of all, and what no answer may hold or do."""

import os

import schemathesis

import known
import leaks

tally = open(os.environ["FUZZ_TALLY"], "a", encoding="utf-8", buffering=1)


@schemathesis.hook
def before_call(ctx, case, kwargs):
    known.put_in(case)


@schemathesis.hook
def after_call(ctx, case, response):
    if case.method.upper() != case.operation.method.upper():
        return
    tally.write(f"{case.method.upper()} {case.operation.path} {response.status_code}\n")


@schemathesis.check
def no_internals(ctx, response, case):
    """Answers tell nothing of how we are built, nor where things are."""
    if case.path.endswith(("/metrics", "/openapi.json")):
        return
    found = leaks.find(response.text)
    if found is not None:
        raise AssertionError(f"the answer leaks {found!r}")


@schemathesis.check
def obeys_read_only(ctx, response, case):
    """Where the service is read-only every write is refused, by that mode, and no read is."""
    status = response.status_code
    if "FUZZ_READ_ONLY" not in os.environ or status == 405:
        return
    mode = response.headers.get("x-operating-mode", [None])[0]
    if (status, mode) != (503, "read-only") if case.method.upper() == "POST" else status >= 500:
        raise AssertionError(f"answered {case.method} with {status}, mode {mode}")
