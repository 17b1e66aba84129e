"""What the web server imports: the one Flask application of this process."""

from config import start
from core import node
from gateway.app import create_app

app = create_app(node.build(start.begin()))
