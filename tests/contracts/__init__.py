"""Contracts: every implementation of a seam passes the same checks."""
