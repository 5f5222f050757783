//go:build tools

// Package peers names the programs that are built beside our own, so that go.mod keeps their versions.
package peers

import _ "github.com/bojand/ghz/cmd/ghz"
