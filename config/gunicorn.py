"""How the web processes run: a few processes with threads, no access log (paths carry tokens)."""

from config import start

_settings = start.begin()

bind = _settings.bind
worker_class = "gateway.web_worker.WebWorker"
workers = _settings.web_workers
threads = _settings.web_threads
timeout = 30
graceful_timeout = 5
keepalive = 0  # each request may go to whichever process has room
backlog = 2_048
max_requests = 100_000
max_requests_jitter = 10_000
accesslog = None
limit_request_line = 2_000
limit_request_fields = 60
control_socket_disable = True
