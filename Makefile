.PHONY: setup test lint bench

setup:
	scripts/bootstrap.sh

test:
	scripts/test.sh

lint:
	scripts/lint.sh

bench: setup
	$${ENAS_VENV:-.venv}/bin/python -m benchmarks.macro_step
	$${ENAS_VENV:-.venv}/bin/python -m benchmarks.micro_step
