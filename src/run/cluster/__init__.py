"""Processes that train together: parameter servers, workers, their chief."""
