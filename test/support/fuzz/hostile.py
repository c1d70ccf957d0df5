"""What chance makes too rarely, put into about one of five bodies: it may be refused, but must break nothing."""

TEXTS = ("a\0b", "x" * 5_000, "\u202e\ufeff\x1b[2J", "';--", "${jndi:x}", "<script>")
OF_ALERTS = (*TEXTS, "x" * 50_000)
DEEP = "leaf"
for _ in range(200):
    DEEP = [DEEP]
KEYS = {"__proto__": {"isAdmin": True}, "constructor": None, "deep": DEEP, "": 1e308}
FREE = ("reference", "reason", "by", "stepId", "planHash", "runbook")


def put_in(body, number):
    """`number`: decides what is put in, if anything."""
    if number % 5 != 0:
        return
    number //= 5
    name, value = list(KEYS.items())[number % len(KEYS)]
    if number % 2 == 0:
        body[name] = value
    for place in FREE:
        if isinstance(body.get(place), str):
            body[place] = TEXTS[number % len(TEXTS)]
    alerts = body.get("alerts")
    for alert in alerts if isinstance(alerts, list) else []:
        if isinstance(alert, dict) and isinstance(alert.get("annotations", {}), dict):
            text = OF_ALERTS[number % len(OF_ALERTS)]
            alert["annotations"] = {"summary": text, text: text}
