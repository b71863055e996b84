"""Is it any good? Data sets, measures, comparisons."""
