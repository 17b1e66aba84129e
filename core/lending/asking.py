"""Questions to a wallet."""

from core.lending.asking_models import PresentationRequest

__all__ = ["PresentationRequest"]
