"""Search spaces that were tampered with: poisoned, typed, cut down.

The macro search of `src.cifar10` on other lists of operations, and what came of
it in tables. Sources: "Poisoning the Search Space in Neural Architecture
Search" (arXiv 2106.14406), "Towards One Shot Search Space Poisoning in NAS"
(arXiv 2111.07138), "NeuralArTS" (arXiv 2110.08710).
"""
