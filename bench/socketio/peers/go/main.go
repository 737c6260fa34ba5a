// bench_server in the Go port of socket.io.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/zishang520/socket.io/v2/socket"
)

func room(id any) socket.Room { return socket.Room(fmt.Sprintf("u:%v", id)) }

func main() {
	options := socket.DefaultServerOptions()
	options.SetPingInterval(25 * time.Second)
	options.SetPingTimeout(20 * time.Second)
	options.SetServeClient(false)
	server := socket.NewServer(nil, nil)

	server.On("connection", func(arguments ...any) {
		client := arguments[0].(*socket.Socket)
		client.On("register", func(data ...any) {
			client.Join(room(data[0]))
			if ack, ok := data[len(data)-1].(socket.Ack); ok {
				ack(nil, nil)
			}
		})
		client.On("echo", func(data ...any) { client.Emit("echo", data[0]) })
		client.On("echo-ack", func(data ...any) { data[1].(socket.Ack)([]any{data[0]}, nil) })
		client.On("broadcast", func(data ...any) { server.Emit("broadcast", data[0]) })
	})

	deliver := func(to func(body map[string]any) error) http.HandlerFunc {
		return func(response http.ResponseWriter, request *http.Request) {
			response.Header().Set("Content-Type", "application/json")
			text, err := io.ReadAll(request.Body)
			var body map[string]any
			if err != nil || request.Method != http.MethodPost || json.Unmarshal(text, &body) != nil || to(body) != nil {
				response.WriteHeader(http.StatusBadRequest)
				io.WriteString(response, `{"ok":false}`)
				return
			}
			io.WriteString(response, `{"ok":true}`)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", server.ServeHandler(options))
	mux.HandleFunc("/broadcast", deliver(func(body map[string]any) error {
		server.Emit("new_message", body)
		return nil
	}))
	mux.HandleFunc("/unicast", deliver(func(body map[string]any) error {
		return server.To(room(body["userId"])).Emit("new_message", body)
	}))

	go func() { log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], mux)) }()
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	<-end
}
