"""Watching: the charts of `watch` over a real city, from the tables that it has released.

Each person-day the places that speak in windows of one length, on one grid, are watched together (`groups`). What is
usual there is learned from the days before (`history`), and the thresholds of their charts are found on simulated quiet
days and kept (`thresholds`). `watcher` reads what is told, window by window; every alarm goes into the ledger
(`alarms`) with its threshold, its promise and the assumption under which it holds.

A place is watched from its fourth day on, and only if enough windows of the same kind were released by then; until then
it is said to be learned. Places that speak once a day are not watched: thirty days of a rhythm are not known of them.
"""
