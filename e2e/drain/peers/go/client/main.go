// A load client of Go's own stacks: grpc-go with round_robin and health checks over several backends, net/http with a
// pool of kept connections. It retries nothing by itself; what the stacks do by themselves is what is measured.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// A request made once; its outcome is "OK", or the code or error as the caller of the stack sees it.
type request func() string

type result struct {
	Requests int            `json:"requests"`
	Outcomes map[string]int `json:"outcomes"`
	Slowest  float64        `json:"slowestMs"`
}

func main() {
	mode := flag.String("mode", "", "grpc, grpc-stream, http1, h2c or h2")
	targets := flag.String("targets", "", "host:port, or several with commas (grpc)")
	workers := flag.Int("workers", 20, "requests at a time")
	pause := flag.Duration("pause", 20*time.Millisecond, "between two requests of a worker")
	seconds := flag.Float64("seconds", 5, "how long")
	keep := flag.Bool("keep", true, "keep connections for the next request (http1)")
	repeatable := flag.Bool("repeatable", false, "POSTs have bodies that can be sent twice (http1, h2c, h2)")
	flag.Parse()

	send, err := open(*mode, strings.Split(*targets, ","), *keep, *repeatable)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	until := time.Now().Add(time.Duration(*seconds * float64(time.Second)))
	total := result{Outcomes: map[string]int{}}
	var lock sync.Mutex
	var done sync.WaitGroup
	for range *workers {
		done.Go(func() {
			for time.Now().Before(until) {
				began := time.Now()
				outcome := send()
				took := float64(time.Since(began).Microseconds()) / 1000
				lock.Lock()
				total.Requests++
				total.Outcomes[outcome]++
				total.Slowest = max(total.Slowest, took)
				lock.Unlock()
				time.Sleep(*pause)
			}
		})
	}
	done.Wait()
	_ = json.NewEncoder(os.Stdout).Encode(total)
}

func open(mode string, targets []string, keep, repeatable bool) (request, error) {
	switch mode {
	case "grpc", "grpc-stream":
		return openGrpc(targets, mode == "grpc-stream")
	case "http1", "h2c", "h2":
		return openHTTP(mode, targets[0], keep, repeatable)
	}
	return nil, fmt.Errorf("no such mode: %q", mode)
}
