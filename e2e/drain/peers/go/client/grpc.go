package main

import (
	"context"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const deadline = 5 * time.Second

// Every backend has a connection; Watch of the health service decides which of them get calls.
const serviceConfig = `{"loadBalancingConfig":[{"round_robin":{}}],"healthCheckConfig":{"serviceName":""}}`

func openGrpc(targets []string, stream bool) (request, error) {
	backends := manual.NewBuilderWithScheme("backends")
	var addresses []resolver.Address
	for _, target := range targets {
		addresses = append(addresses, resolver.Address{Addr: target})
	}
	backends.InitialState(resolver.State{Addresses: addresses})
	connection, err := grpc.NewClient("backends:///",
		grpc.WithResolvers(backends),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithAuthority("localhost"),
		grpc.WithDisableRetry(),
		// A restarted backend keeps its address here, which a pod does not: it must be found again at once.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1, MaxDelay: 50 * time.Millisecond},
			MinConnectTimeout: time.Second,
		}),
	)
	if err != nil {
		return nil, err
	}
	return func() string {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		defer cancel()
		if stream {
			return status.Code(readAll(ctx, connection)).String()
		}
		answer := new(wrapperspb.BytesValue)
		err := connection.Invoke(ctx, "/drainkeeper.Echo/Unary", wrapperspb.Bytes([]byte("echo")), answer)
		return status.Code(err).String()
	}, nil
}

func readAll(ctx context.Context, connection *grpc.ClientConn) error {
	stream, err := connection.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, "/drainkeeper.Echo/Stream")
	if err != nil {
		return err
	}
	if err := stream.SendMsg(wrapperspb.Bytes([]byte("echo"))); err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	for {
		if err := stream.RecvMsg(new(wrapperspb.BytesValue)); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}
