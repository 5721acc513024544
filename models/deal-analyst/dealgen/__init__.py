"""Synthetic deal memos with their deal-analysis/v1 answers; Python standard library only."""
