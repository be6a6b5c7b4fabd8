"""A study: whether what a search finds is better than chance, over seeds.

`folder` reads what `scripts/study.sh` wrote, `results` compares, `words` says
it in sentences, `charts` draws it, `page` writes it.
"""
