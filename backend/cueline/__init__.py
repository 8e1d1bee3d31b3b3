"""Cueline: user actions in, campaigns out."""

__version__ = "0.1.0"
