"""Tests, room by room; `conftest` has the city and the phones that they share."""
