"""The world outside the node: a telco, Africa's Talking, M-PESA and people's phones, over their real wire formats."""

from gateway.sandbox.sandbox import Sandbox, create_sandbox
from gateway.sandbox.settings import SandboxSettings

__all__ = ["Sandbox", "SandboxSettings", "create_sandbox"]
