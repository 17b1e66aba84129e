"""What the web server imports: the one Flask application of this process."""

from config import logging
from config.settings import Settings
from core import node
from gateway.app import create_app

settings = Settings()
logging.configure(settings.log_format)
app = create_app(node.build(settings))
