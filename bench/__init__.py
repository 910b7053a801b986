"""Measurements, run by `make bench`: ratios within one run against a named baseline. Never part of the tests."""
