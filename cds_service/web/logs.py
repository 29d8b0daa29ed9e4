"""Structured log: one JSON object per line on stderr, never bodies, tokens, or anything of a patient."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

import orjson

LOGGER: Final = "cds_service"


class JsonFormatter(logging.Formatter):
    """``time``, ``level``, ``event`` (the message) and the record's ``fields``, without absent ones.

    Of an exception only its type and the code lines are told: its message may quote the request.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        fields: dict[str, Any] = getattr(record, "fields", {})
        line |= {name: value for name, value in fields.items() if value is not None and value != ()}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["at"] = code_lines(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


def code_lines(error: BaseException | None) -> list[str]:
    """Where an exception came from, innermost last, as ``module:line function``."""
    found: list[str] = []
    trace = error.__traceback__ if error is not None else None
    while trace is not None:
        frame = trace.tb_frame
        found.append(f"{frame.f_globals.get('__name__', '?')}:{trace.tb_lineno} {frame.f_code.co_name}")
        trace = trace.tb_next
    return found[-12:]


class _Stderr(logging.Handler):
    """Writes to whatever stderr is at the time."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(f"{self.format(record)}\n")


def configure_logging(level: str) -> None:
    """Send our records to stderr as JSON; a second call only changes the level."""
    logger = logging.getLogger(LOGGER)
    logger.setLevel(level)
    if not any(isinstance(handler, _Stderr) for handler in logger.handlers):
        handler = _Stderr()
        handler.setFormatter(JsonFormatter())
        logger.addHandler(handler)
