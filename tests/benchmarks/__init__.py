"""Benchmarks, each runnable alone: `python -m tests.benchmarks.training`, `.build_steps`, `.scaling`, `.cluster`."""
