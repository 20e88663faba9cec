"""Journeys: a person, a browser, a real server."""
