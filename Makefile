.PHONY: setup test lint bench docs

python = $${ENAS_VENV:-.venv}/bin/python

setup:
	scripts/bootstrap.sh

test:
	scripts/test.sh

lint:
	scripts/lint.sh

# Minutes each; compares two ways to compute the same, side by side.
bench: setup
	@set -e; for file in benchmarks/*_step.py; do \
	  name=$${file##*/}; \
	  echo "== $${name%.py}"; \
	  $(python) -m benchmarks.$${name%.py}; \
	done

# The pictures that the documents show; the quickstart's take some minutes.
docs: setup
	$(python) scripts/draw_architecture.py
	scripts/make_images.sh
