"""How gunicorn serves the web application; read by its `-c` option."""

import os

bind = f"{os.environ.get('BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_WORKERS", "2"))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "4"))
# Loaded once and shared by the processes: half the memory. No database connection is open when they fork.
preload_app = True
timeout = 60
graceful_timeout = 10
# A slow leak in a native library (fonts, PDF) never grows old.
max_requests = 2000
max_requests_jitter = 200
# No access log: addresses of pages say who was looked at. What was read is in the audit log.
accesslog = None
errorlog = "-"
loglevel = "warning"
# Heartbeats in memory: on a slow disk they would stall the workers.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112 (gunicorn's own setting)
