# Prepares the machine; `pulumi up`, `preview` and `destroy` do the work. See `make help`.

# The environment: a file Pulumi.<stack>.yaml.
STACK ?= dev
# The name of a new one.
NAME ?= $(error say its name: make new-env NAME=staging)
# The commits between which environments differ; without BASE all do.
BASE ?=
HEAD ?= HEAD
# BACKUPS=yes: only environments whose backups go to an object store.
BACKUPS ?=
# A file that gets what `preview` or `drift` says.
OUTPUT ?=
# A backup: a path, s3://bucket/name, or - for standard output and input; by default the newest.
FILE ?=
# REPLACE=yes: a restore may lose what the volumes hold.
REPLACE ?=
# How long the loss of lines is measured, such as 60s, and how many are printed in a second.
LOSS ?=
RATE ?=
# JSON=yes: print JSON, for scripts (preflight, backup, verify).
JSON ?=
# The cases of `make reliability`, in one word; by default all. RATE is the lines/s of each.
CASES ?=
# Whether lab/ builds what cannot be downloaded: yes or no (lab/README.md).
LAB ?=
export LAB
# Python 3.11 or newer.
PYTHON ?= python3

# Files and the answers of programs are UTF-8, whatever the terminal shows.
export PYTHONUTF8 = 1

RUN = $(PYTHON) -m bootstrap

.DEFAULT_GOAL := help
.PHONY: help up down preflight backup restore rehearse schedule prepare env new-env test check test-unit \
	test-engine test-configs test-alert verify \
	environments tools runner preview drift bench mutation reliability

help: ## Explain the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { gsub(/[$$][$$]/, "$$"); printf "  make %-12s %s\n", $$1, $$2 }' Makefile
	@echo 'Another environment than dev: make up STACK=staging'
	@echo 'Where no registry can be reached, lab/ builds what dev needs; elsewhere, or never: LAB=yes, LAB=no'

up: ## Prepare everything, then `pulumi up`; with the example application in dev
	@$(RUN) up --stack $(STACK)

down: ## Stop the example application, then `pulumi destroy`; the volumes stay
	@$(RUN) down --stack $(STACK)

preflight: ## Say what the stack would suffer from on its engine, and what to do; changes nothing
	@$(RUN) preflight --stack $(STACK) $(if $(JSON),--json)

prepare: ## Only prepare: Python packages, Pulumi, Docker engine, images, secrets
	@$(RUN) prepare --stack $(STACK)

env: ## Print the lines that let a shell run plain Pulumi: eval "$$(make -s env)"
	@$(RUN) env --stack $(STACK)

new-env: ## Make another environment: make new-env NAME=staging
	@$(RUN) new-env --name $(NAME)

test: ## Every check and test
	@$(RUN) test

check: ## Only the linters and the type checker
	@$(RUN) check

test-unit: ## Only the unit tests: seconds, without Docker
	@$(RUN) test-unit

test-engine: ## Only the engine tests: real programs on a real Docker engine
	@$(RUN) test-engine

test-configs: ## Only the configurations: each checked by the program that reads it
	@$(RUN) test-configs

mutation: ## Change the code in many small ways, and list what no unit test notices: hours
	@$(RUN) mutation

bench: ## Compare `up` and its like with docker compose and Pulumi alone: seconds, as a table
	@$(RUN) bench

reliability: ## Break a stack in many ways, and write what was lost to docs/reliability.md: CASES=…
	@$(RUN) reliability --cases "$(CASES)" $(if $(RATE),--rate $(RATE))

test-alert: ## Send one alert through the whole chain of a running stack
	@$(RUN) test-alert --stack $(STACK)

preview: ## Say what `pulumi up` would do, as the comment on a pull request does
	@$(RUN) preview --stack $(STACK) --output "$(OUTPUT)"

drift: ## Say what is not as it was deployed, and the command that fixes it
	@$(RUN) drift --stack $(STACK) --output "$(OUTPUT)"

backup: ## Write all data of a running stack into one file: FILE=…, or FILE=-
	@$(RUN) backup --stack $(STACK) --file "$(FILE)" $(if $(JSON),--json)

restore: ## Fill an empty stack from a backup: FILE=…, or the newest; REPLACE=yes loses what is there
	@$(RUN) restore --stack $(STACK) --file "$(FILE)" $(if $(filter yes,$(REPLACE)),--replace)

rehearse: ## Restore a backup beside the running stack, compare the two, and remove it again: FILE=…
	@$(RUN) rehearse --stack $(STACK) --file "$(FILE)"

schedule: ## Print a systemd timer and a cron line that run backup and rehearse every night
	@$(RUN) schedule --stack $(STACK)

verify: ## Prove from outside that a running stack works; LOSS=60s also measures the loss of lines
	@$(RUN) verify --stack $(STACK) --loss "$(LOSS)" $(if $(RATE),--rate "$(RATE)") $(if $(JSON),--json)

environments: ## Print the environments on servers that differ from the commit BASE
	@$(RUN) environments --base "$(BASE)" --head "$(HEAD)" $(if $(filter yes,$(BACKUPS)),--backups)

tools: ## Only what is downloaded: Python packages, the Pulumi CLI and its Docker provider
	@$(RUN) tools --stack $(STACK)

runner: ## Have a runner of GitHub's ready for an environment
	@$(RUN) runner --stack $(STACK)
