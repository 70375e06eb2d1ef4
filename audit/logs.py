"""Log lines hold ids and codes only: no path, query, form or exception value, since all may name a person (G11)."""

import json
import logging
import traceback

from audit import context


class DropRequestDetails(logging.Filter):
    """Replace what Django adds about a request (its path, its arguments) by the view's name."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if request is not None:
            match = getattr(request, "resolver_match", None)
            record.msg, record.args = "%s at view %s", (record.levelname, getattr(match, "view_name", "unknown"))
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object a line; of an exception only its type and where it was raised, never its message."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        behalf = context.current()
        if behalf is not None:
            line |= {"request": str(behalf.request_id), "user": behalf.user_id, "agency": behalf.agency_id}
        if record.exc_info and record.exc_info[0] is not None:
            frames = traceback.extract_tb(record.exc_info[2])
            line["error"] = record.exc_info[0].__qualname__
            line["at"] = [f"{frame.filename}:{frame.lineno}" for frame in frames[-8:]]
        return json.dumps(line, ensure_ascii=False)
