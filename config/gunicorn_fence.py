"""How the process of a fence member runs (`growr fence serve`): one, with threads; he needs no node and no database."""

from config import start
from config.limits import FENCE_CALLS
from config.settings import host_and_port

_settings = start.read()
start.open_home(_settings)

bind = host_and_port(_settings.host, _settings.fence_port)
worker_class = "gateway.web_worker.WebWorker"  # half-sent requests of strangers hold no thread
workers = 1
threads = FENCE_CALLS * 2
timeout = 30
graceful_timeout = 5
keepalive = 0  # nodes keep their connections to the proxy before us, where a new one costs two journeys more
accesslog = None
limit_request_line = 2_000
limit_request_fields = 60
control_socket_disable = True
