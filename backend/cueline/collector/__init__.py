"""The browser's door: `POST /v1/collect` in front of Flask, health and metrics."""
