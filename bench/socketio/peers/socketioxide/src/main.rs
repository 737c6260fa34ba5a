//! bench_server in socketioxide on axum: THREADS tokio workers (1), larger buffers than its default of 128
//! packets, beyond which it drops events.
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, header},
    routing::post,
    serve::ListenerExt,
};
use serde_json::Value;
use socketioxide::{
    SocketIo,
    extract::{AckSender, Data, SocketRef},
};
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

type Answer = (
    StatusCode,
    [(header::HeaderName, &'static str); 1],
    &'static str,
);

fn answer(ok: bool) -> Answer {
    let json = [(header::CONTENT_TYPE, "application/json")];
    if ok {
        (StatusCode::OK, json, r#"{"ok":true}"#)
    } else {
        (StatusCode::BAD_REQUEST, json, r#"{"ok":false}"#)
    }
}

fn room(id: &Value) -> String {
    match id {
        Value::String(text) => format!("u:{text}"),
        other => format!("u:{other}"),
    }
}

async fn broadcast(State(io): State<SocketIo>, body: Bytes) -> Answer {
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return answer(false);
    };
    answer(io.emit("new_message", &body).await.is_ok())
}

async fn unicast(State(io): State<SocketIo>, body: Bytes) -> Answer {
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return answer(false);
    };
    answer(
        io.to(room(&body["userId"]))
            .emit("new_message", &body)
            .await
            .is_ok(),
    )
}

fn on_connect(socket: SocketRef) {
    socket.on(
        "register",
        async |socket: SocketRef, Data::<Value>(id), ack: AckSender| {
            socket.join(room(&id));
            ack.send(&()).ok();
        },
    );
    socket.on("echo", async |socket: SocketRef, Data::<Value>(x)| {
        socket.emit("echo", &x).ok();
    });
    socket.on("echo-ack", async |Data::<Value>(x), ack: AckSender| {
        ack.send(&x).ok();
    });
    socket.on("broadcast", async |Data::<Value>(x), io: SocketIo| {
        io.emit("broadcast", &x).await.ok();
    });
}

fn main() {
    let threads = std::env::var("THREADS").map_or(1, |text| text.parse().expect("THREADS is a number"));
    let mut runtime = if threads == 1 {
        Builder::new_current_thread()
    } else {
        Builder::new_multi_thread()
    };
    let runtime = runtime.worker_threads(threads).enable_all().build();
    runtime.expect("a runtime").block_on(serve());
}

async fn serve() {
    let port: u16 = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .expect("a port");
    let (layer, io) = SocketIo::builder()
        .ping_interval(Duration::from_secs(25))
        .ping_timeout(Duration::from_secs(20))
        .max_buffer_size(100_000)
        .ws_read_buffer_size(1024) // of the default 4096 it keeps every byte, and is no faster
        .build_layer();
    io.ns("/", async |socket: SocketRef| on_connect(socket));
    let app = Router::new()
        .route("/broadcast", post(broadcast))
        .route("/unicast", post(unicast))
        .with_state(io)
        .layer(layer);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port))
        .await
        .expect("the port is free");
    let listener = listener.tap_io(|stream| {
        stream.set_nodelay(true).ok();
    });
    let mut end = signal(SignalKind::terminate()).expect("signals");
    tokio::select! {
        served = axum::serve(listener, app) => served.expect("serving"),
        _ = end.recv() => {}
    }
}
