package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

func openHTTP(mode, target string, keep, repeatable bool) (request, error) {
	protocols := new(http.Protocols)
	scheme := "http"
	switch mode {
	case "http1":
		protocols.SetHTTP1(true)
	case "h2c":
		protocols.SetUnencryptedHTTP2(true)
	case "h2":
		protocols.SetHTTP2(true)
		scheme = "https"
	}
	client := &http.Client{
		Timeout: deadline,
		Transport: &http.Transport{
			Protocols:           protocols,
			MaxIdleConnsPerHost: 100,
			DisableKeepAlives:   !keep,
			TLSClientConfig:     &tls.Config{InsecureSkipVerify: true},
		},
	}
	url := fmt.Sprintf("%s://%s/", scheme, target)
	return func() string {
		post, _ := http.NewRequest(http.MethodPost, url, strings.NewReader("echo"))
		if !repeatable {
			// A body that cannot be had again: net/http repeats nothing once a part of it was written.
			post.GetBody = nil
		}
		answer, err := client.Do(post)
		if err != nil {
			return nameOf(err)
		}
		defer answer.Body.Close()
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			return "body: " + nameOf(err)
		}
		if answer.StatusCode != http.StatusOK {
			return answer.Status
		}
		return "OK"
	}, nil
}

// The kind of failure, without addresses, so that equal ones are counted together.
func nameOf(err error) string {
	var operation *net.OpError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET):
		return "connection reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "EOF"
	case errors.As(err, &operation):
		return operation.Op + ": " + operation.Err.Error()
	}
	text := err.Error()
	return text[strings.LastIndex(text, ": ")+1:]
}
