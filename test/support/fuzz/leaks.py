"""Signs of our insides in what callers read."""

import re

SIGNS = re.compile(
    r"""
    \bat\s(?:async\s)?\S+\s\(?(?:file:|node:|/)  # a frame of a stack trace
    | node_modules | /dist/ | \.[jt]s:\d+        # where our code lies
    | Postgres(?:Error|QL) | \brelation\s\\?"    # the database by name, or in its own words
    | (?i:\bselect\b.+\bfrom\b | \binsert\s+into\b | \bviolates\b.+\bconstraint\b)
    | \bE(?:CONN\w+|NOTFOUND|PIPE)\b | \bTypeError\b | \bZodError\b | \bgRPC\b
    | \b\d{1,2}\s(?:UN(?:AVAILABLE|KNOWN)|INTERNAL|CANCELLED|NOT_FOUND|DEADLINE_EXCEEDED|INVALID_ARGUMENT)\b
    | \b127\.0\.0\.1\b | \blocalhost:\d | \b\d{1,3}(?:\.\d{1,3}){3}:\d+ | \.svc\b  # where we and others listen
    """,
    re.VERBOSE,
)


def find(text):
    found = SIGNS.search(text)
    return None if found is None else found.group()
