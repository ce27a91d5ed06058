# `make help` is the menu. Every step of .ci/run is a target here, so that a red build can be repeated by name.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
# One setting for building, generating and linting, so that they share what the Go cache holds. Tests override it.
export CGO_ENABLED := 0

MODULE  := github.com/terrawarden/terrawarden
TOOLS   := .cache/bin
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

# The race detector needs a C compiler with its headers; without one the tests run plain and say so.
RACE = $(shell printf '\043include <stdlib.h>\n' | $$(go env CC) -E - >/dev/null 2>&1 && echo -race)
# The migrate command runs no concurrent code of ours, and under cgo it would compile a C parser of SQL that the shipped
# binary does not contain: it is tested as it is shipped, cgo off.
# Suites that are clients of a service, with thousands of requests, run without the detector, which makes them six times
# slower: what they ask runs under it in the tests of the catalog, the engine and the service.
PLAIN_PACKAGES := /cmd/terrawarden-migrate|/terrawarden/client|/internal/httpapi/(access|directory|otf|openapi|scim|terrakube|terrakube/.*|authzen/protocol|tfe/authorization|tfe/protocol)|/loader/(directory/enginetest|source/.*)
# Tests that compare whole random estates, sequentially, answer for answer: six minutes under the detector, one without.
# What is concurrent in what they ask has tests of its own, which run under it.
PLAIN_TESTS := ^(TestWhatIfIsWhatHappens|TestEffectiveAccessIsTheSumOfSingleChecks|TestMatrixIsTheSumOfSingleChecks|TestRandomHistoriesLeaveNoDrift|TestListsEqualTheSumOfSingleChecks|TestWhoSupposes)$$
# And of the suites without the detector, the tests of what is concurrent in them.
RUNNERS := ^(TestOneRunnerWorksAtATime|TestALeaseIsRenewed|TestARunnerThatLosesItsLeaseStops|TestTheScheduleOfTwoProcesses)$$
GOTEST = CGO_ENABLED=$(if $(RACE),1,0) go test $(RACE) -timeout 25m
# What needs neither Postgres nor a SpiceDB server has run before, under the race detector.
ALONE := ^TestSQLite|^TestAlone|^TestSharedSQLite|/^(embedded|sqlite)$$
# Counts, not times: with a time "go test" of Go 1.26 now and then ends in "context deadline exceeded" though nothing was
# found (go.dev/issue/75804). A target that asks a whole service (*_fuzz_test.go) is far slower than one that reads text.
FUZZTIME ?= 20000x
FUZZTIME_SERVICE ?= 1000x

# $(call with-postgres,COMMAND) runs COMMAND with TERRAWARDEN_TEST_POSTGRES and the programs that the larger sizes
# need: terrawarden-migrate, and the SpiceDB server of the very version this module embeds.
# Without a Postgres of the caller's own it starts a throw-away one, and always stops it.
define with-postgres
	@if [ -z "$${TERRAWARDEN_TEST_POSTGRES:-}" ]; then \
		dir=$$(mktemp -d); \
		trap '.ci/postgres stop "$$dir" || true; rm -rf "$$dir"' EXIT; \
		trap 'exit 130' INT TERM; \
		TERRAWARDEN_TEST_POSTGRES=$$(.ci/postgres start "$$dir"); \
	fi; \
	CGO_ENABLED=0 go build -o .cache/bin/spicedb github.com/authzed/spicedb/cmd/spicedb; \
	CGO_ENABLED=0 go build -o .cache/bin/ ./cmd/terrawarden ./cmd/terrawarden-migrate; \
	export TERRAWARDEN_TEST_POSTGRES TERRAWARDEN_TEST_SPICEDB="$$PWD/.cache/bin/spicedb" \
		TERRAWARDEN_TEST_MIGRATE="$$PWD/.cache/bin/terrawarden-migrate" TERRAWARDEN_TEST_BINARY="$$PWD/.cache/bin/terrawarden"; \
	$(1)
endef

##@ Run

.PHONY: run
run: build ## build, then serve on 127.0.0.1:8080 with a small example organization in ./data
	bin/terrawarden serve --listen 127.0.0.1:8080 --data-dir ./data --example

.PHONY: build
build: ## build the static binaries bin/terrawarden and bin/terrawarden-migrate
	go build -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o bin/ ./cmd/terrawarden ./cmd/terrawarden-migrate

##@ Test

.PHONY: test
test: test-unit test-ldap test-postgres ## run every test: SQLite first, then OpenLDAP, Postgres and a real SpiceDB server

.PHONY: test-unit
test-unit: race-note ## run all packages on SQLite and in-process SpiceDB; nothing to install
	@packages=$$(go list ./... | grep -vE '($(PLAIN_PACKAGES))$$'); \
	unset TERRAWARDEN_TEST_POSTGRES TERRAWARDEN_TEST_SPICEDB TERRAWARDEN_TEST_MIGRATE TERRAWARDEN_TEST_BINARY TERRAWARDEN_TEST_SLAPD; \
	set -x; $(GOTEST) -shuffle=on $(if $(RACE),-skip '$(PLAIN_TESTS)') $$packages
	$(if $(RACE),go test -timeout 15m -run '$(PLAIN_TESTS)' ./internal/catalog)
	$(if $(RACE),$(GOTEST) -run '$(RUNNERS)' ./loader/directory/enginetest)
	@packages=$$(go list ./... | grep -E '($(PLAIN_PACKAGES))$$' || true); \
	[ -z "$$packages" ] || { set -x; go test -timeout 15m $$packages; }

.PHONY: test-postgres
test-postgres: ## run the store, engine and end-to-end suites on Postgres and a SpiceDB server process
	$(call with-postgres,packages=$$(go list ./internal/catalog/... ./internal/app/... ./cmd/... | grep -vE '($(PLAIN_PACKAGES))$$'); \
		set -x; go test -timeout 15m -count=1 -skip '$(ALONE)' $$packages; \
		go test -timeout 15m -count=1 -run 'Postgres|Remote|Migrate' ./internal/spicedb; \
		go test -timeout 15m -count=1 -run '$(RUNNERS)' ./loader/directory/enginetest; \
		go test -timeout 15m -count=1 -run '/^(postgres|spicedb)$$' ./internal/httpapi/tfe/authorization)

# The packages whose tests start OpenLDAP's server; without it these tests are skipped by test-unit. Of the command that is
# one test, which types a page of the documentation.
.PHONY: test-ldap
test-ldap: ## run the tests that need OpenLDAP's server, which is installed when missing
	@slapd=$$(.ci/slapd); \
	packages=$$(grep -rl --include='*_test.go' '"$(MODULE)/internal/testkit/slapd"' . | xargs -n 1 dirname | sort -u | grep -v '^./cmd/'); \
	set -x; export TERRAWARDEN_TEST_SLAPD=$$slapd; go test -count=1 -timeout 15m $$packages; \
	go test -count=1 -run '^TestTheSyncTour$$' ./cmd/terrawarden

.PHONY: conformance
conformance: ## run the ports suite, the store suite and the golden matrix on every engine, case by case
	$(call with-postgres,set -x; go test -timeout 15m -count=1 -v ./schema/... ./internal/spicedb/... ./internal/catalog/...)

# More options of a run: make conformance-tfe CONFORMANCE='-mode tfe -area teams -failed'; CONFORMANCE=-update writes the
# lists of what passes; CONFORMANCE=-help lists all.
CONFORMANCE ?=

# A module of its own, which names the version of go-tfe and nothing that the product uses.
.PHONY: conformance-tfe
conformance-tfe: ## run go-tfe's own tests against the real binary, as Terraform Enterprise and as HCP Terraform
	go build -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o .cache/bin/ ./cmd/terrawarden
	cd conformance && go vet ./... && go test ./... && go build -buildvcs=false -o ../.cache/bin/conformance-tfe ./tfe
	.cache/bin/conformance-tfe $(CONFORMANCE)

# One rule: make conformance-rules RULES='-run TestRules/all/HCP-014'; -v lists them all.
RULES ?=

.PHONY: conformance-rules
conformance-rules: ## prove every rule of docs/conformance.md against the real binary, and that the document is current
	go build -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o .cache/bin/ ./cmd/terrawarden
	cd conformance && TERRAWARDEN_TEST_BINARY="$(CURDIR)/.cache/bin/terrawarden" go test -count=1 -parallel 8 ./rules $(RULES)

.PHONY: conformance-rules-docs
conformance-rules-docs: ## write docs/conformance.md from the rules
	cd conformance && go test -count=1 -run '^TestDocument$$' ./rules -update

# Builds the provider from the module proxy. Where there is no Terraform or OpenTofu CLI it says so and is skipped;
# TERRAWARDEN_TERRAFORM names another CLI than the first of terraform and tofu in the PATH.
.PHONY: conformance-terraform
conformance-terraform: ## apply, change, import and destroy an organization with the tfe provider, against the real binary
	go build -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o .cache/bin/ ./cmd/terrawarden
	cd conformance && TERRAWARDEN_TEST_BINARY="$(CURDIR)/.cache/bin/terrawarden" TERRAWARDEN_TEST_CACHE="$(CURDIR)/.cache" \
		go test -count=1 -v ./terraform

# Installs three packages of Node into .cache/scim, from whatever registry npm is set up for.
.PHONY: conformance-scim
conformance-scim: ## compare filters and PATCH of SCIM with three other implementations, thousands of random ones
	mkdir -p .cache/scim
	cp conformance/scim/{package.json,package-lock.json,.npmrc,oracle.mjs} .cache/scim/
	cd .cache/scim && npm ci --no-audit --no-fund
	TERRAWARDEN_TEST_SCIM_ORACLE="$(CURDIR)/.cache/scim" go test -count=1 -v -run AgreeWithOthers ./internal/httpapi/scim/resource

.PHONY: fuzz
fuzz: ## fuzz every target with FUZZTIME inputs, those over HTTP with FUZZTIME_SERVICE
	@{ grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . || true; } | sort | while IFS=: read -r file name; do \
		case $$file in */*_fuzz_test.go) inputs=$(FUZZTIME_SERVICE) ;; *) inputs=$(FUZZTIME) ;; esac; \
		(set -x; go test -run '^$$' -fuzz "^$${name#func }$$" -fuzztime "$$inputs" "$$(dirname "$$file")") </dev/null; \
	done

##@ Measure

# The Kubernetes project's organizations as Peribolos keeps them; where they are missing that estate is left out.
BENCH_DATA ?= ../shared/data/kubernetes-org
# More options of a run: make bench BENCH='-sizes 10k,100k -rounds 5'; make bench BENCH=-help lists them.
BENCH ?=
BENCH_RUN = .cache/bin/bench run -bin .cache/bin -version "$(VERSION)"

.PHONY: bench
bench: bench-programs ## measure every target, cost against size, and the rivals in the same run; about an hour
	$(call with-postgres,set -x; $(BENCH_RUN) -data "$(BENCH_DATA)" -out bench/results/latest.json $(BENCH))

.PHONY: bench-quick
bench-quick: bench-programs ## the same on a small estate and without Postgres, in three minutes
	$(BENCH_RUN) -sizes 10k -rival-sizes 10k -rivals spicedb-memory,openfga-memory -rounds 5 -block 500ms \
		-commits 5000 -grants 100 -expiries 3 -starts 2 -out bench/results/quick.json $(BENCH)

.PHONY: bench-soak
bench-soak: bench-programs ## ten minutes of mixed load at a million relationships: do memory or latency grow?
	.cache/bin/bench soak -bin .cache/bin -out bench/results/latest.json $(BENCH)

.PHONY: bench-revoke
bench-revoke: bench-programs ## revoke 100,000 times; no check after an acknowledged revocation may be allowed
	.cache/bin/bench revoke -bin .cache/bin -out bench/results/latest.json $(BENCH)

.PHONY: bench-docs
bench-docs: bench-programs ## make docs/benchmarks.md from the last runs
	.cache/bin/bench docs -from bench/results/latest.json -docs docs

.PHONY: bench-check
bench-check: bench-programs ## build, vet and test the module of the benchmarks
	cd bench && go build ./... && go vet ./... && TERRAWARDEN_BENCH_OPENFGA="$(CURDIR)/.cache/bin/openfga" go test ./...

# The benchmark and OpenFGA are modules of their own: the product's go.mod lists what the product uses, and what is
# measured is linked with the versions it is shipped with.
.PHONY: bench-programs
bench-programs:
	go build -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o .cache/bin/ ./cmd/terrawarden ./cmd/terrawarden-migrate
	go build -buildvcs=false -o .cache/bin/spicedb github.com/authzed/spicedb/cmd/spicedb
	cd bench && go build -buildvcs=false -o ../.cache/bin/bench .
	cd bench/openfga && go build -buildvcs=false -o ../../.cache/bin/openfga github.com/openfga/openfga/cmd/openfga

.PHONY: race-note
race-note:
	@[ -n "$(RACE)" ] || echo "no C compiler with headers found: running the tests without the race detector" >&2

##@ Change

.PHONY: generate
generate: ## regenerate everything that is made from the vocabulary and from types
	go generate ./...

# Compares the work tree before and after, so that it also answers in the middle of a change.
.PHONY: generate-check
generate-check: ## fail when generating changes anything
	@snapshot() { local index; index=$$(mktemp -u); GIT_INDEX_FILE=$$index git add --all; GIT_INDEX_FILE=$$index git write-tree; rm -f "$$index"; }; \
	before=$$(snapshot); $(MAKE) --no-print-directory generate; after=$$(snapshot); \
	git --no-pager diff --exit-code "$$before" "$$after"

.PHONY: format
format: $(TOOLS)/golangci-lint ## format all Go code (gofumpt, imports in three blocks)
	$(TOOLS)/golangci-lint fmt

.PHONY: format-check
format-check: $(TOOLS)/golangci-lint ## fail when a file is not formatted
	$(TOOLS)/golangci-lint fmt --diff

.PHONY: lint
lint: $(TOOLS)/golangci-lint ## run all linters of .golangci.yml
	$(TOOLS)/golangci-lint config verify
	$(TOOLS)/golangci-lint run ./...
	cd bench && ../$(TOOLS)/golangci-lint run --config ../.golangci.yml ./...
	cd conformance && ../$(TOOLS)/golangci-lint run --config ../.golangci.yml ./...

.PHONY: tools
tools: $(TOOLS)/golangci-lint ## build the pinned tools into .cache/bin

$(TOOLS)/golangci-lint: internal/tools/go.mod internal/tools/go.sum
	cd internal/tools && go build -buildvcs=false -o ../../$(TOOLS)/ tool
	@touch $(TOOLS)/*

.PHONY: clean
clean: ## remove what was built here; never the Go cache
	rm -rf bin .cache coverage.out

.PHONY: help
help: ## show this menu
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
