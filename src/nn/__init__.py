"""Graph pieces that all tasks share: blocks, optimisers, keyed numbers."""
