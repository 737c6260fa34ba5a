//! rust_socketio. Usage: rust-client URL polling|websocket|upgrade
//!
//! Version 0.6 cannot answer a question of the server, and sends and reads one binary argument alone.

use rust_socketio::client::Client;
use rust_socketio::{ClientBuilder, Payload, RawClient, TransportType};
use serde_json::{json, Value};
use std::process::exit;
use std::sync::mpsc::{channel, Receiver};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

fn ok<T: std::fmt::Debug>(step: &str, seen: T, right: bool) {
    if !right {
        eprintln!("wrong: {step}: {seen:?}");
        exit(1);
    }
    println!("ok {step}");
}

type Heard = (String, Payload);

struct Story {
    url: String,
    way: TransportType,
}

impl Story {
    /// A client, connected or refused; what it hears lands in a channel.
    fn client(&self, namespace: &str, auth: Value) -> (Client, Receiver<Heard>) {
        let (hears, heard) = channel();
        let fails = hears.clone();
        let client = ClientBuilder::new(self.url.clone())
            .namespace(namespace)
            .transport_type(self.way.clone())
            .auth(auth)
            .reconnect_on_disconnect(true)
            .reconnect_delay(100, 500)
            .on_any(move |event, payload, _: RawClient| hears.send((String::from(event), payload)).unwrap_or(()))
            .on("error", move |payload, _: RawClient| fails.send(("error".into(), payload)).unwrap_or(()))
            .connect()
            .unwrap_or_else(|error| {
                eprintln!("wrong: connect: {error}");
                exit(1)
            });
        (client, heard)
    }
}

fn hear(heard: &Receiver<Heard>, event: &str) -> Payload {
    loop {
        match heard.recv_timeout(PATIENCE) {
            Ok((name, payload)) if name == event => return payload,
            Ok(_) => {}
            Err(_) => {
                eprintln!("wrong: never heard {event}");
                exit(1)
            }
        }
    }
}

fn values(payload: Payload) -> Vec<Value> {
    match payload {
        Payload::Text(values) => values,
        other => vec![json!(format!("{other:?}"))],
    }
}

fn call(client: &Client, event: &str, data: Payload) -> Payload {
    let (answers, answered) = channel();
    client.emit_with_ack(event, data, PATIENCE, move |payload, _| answers.send(payload).unwrap_or(())).expect("emit");
    answered.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        eprintln!("wrong: {event} was never acknowledged");
        exit(1)
    })
}

fn main() {
    let given: Vec<String> = std::env::args().collect();
    let way = match given[2].as_str() {
        "polling" => TransportType::Polling,
        "websocket" => TransportType::Websocket,
        _ => TransportType::WebsocketUpgrade,
    };
    let story = Story { url: given[1].clone(), way };

    let (a, heard) = story.client("/", json!({"token": "t", "n": 1}));
    let seen = values(hear(&heard, "auth"));
    ok("auth", &seen, seen == [json!({"token": "t", "n": 1})]);

    for i in 0..300 {
        a.emit("message", Payload::Text(vec![json!(i), json!("ä漢😀")])).expect("emit");
    }
    let seen: Vec<_> = (0..300).map(|_| values(hear(&heard, "message-back"))).collect();
    let right = seen.iter().enumerate().all(|(i, one)| *one == [json!(i), json!("ä漢😀")]);
    ok("300 there and back in order", &seen, right);
    a.emit("burst", json!(300)).expect("emit");
    let seen: Vec<_> = (0..300).map(|_| values(hear(&heard, "burst"))).collect();
    let right = seen.iter().enumerate().all(|(i, one)| *one == [json!(i)]);
    ok("300 from the server in order", &seen, right);

    // Without 0x1E, which this client takes for a separator inside binary messages too.
    let bytes: Vec<u8> = (0..=255u8).filter(|byte| *byte != 0x1e).collect();
    a.emit("message", bytes.clone()).expect("emit");
    let seen = hear(&heard, "message-back");
    ok("binary", &seen, seen == Payload::from(bytes));

    for i in 0..100 {
        let seen = values(call(&a, "message-with-ack", json!(i).into()));
        // It hands over the acknowledgement's array in another array.
        if seen != [json!([i])] && seen != [json!(i)] {
            ok("acknowledged", seen, false);
        }
    }
    ok("acknowledged", "", true);

    let (b, heard_b) = story.client("/", json!({}));
    hear(&heard_b, "auth");
    call(&a, "join", json!("room").into());
    call(&b, "join", json!("room").into());
    a.emit("to-room", Payload::Text(vec![json!("room"), json!("hello")])).expect("emit");
    let seen = values(hear(&heard_b, "from-room"));
    ok("room", &seen, seen == [json!("hello")]);

    let (custom, heard_custom) = story.client("/custom", json!({"x": 1}));
    let seen = values(hear(&heard_custom, "auth"));
    ok("namespaces", &seen, seen == [json!({"x": 1})]);
    custom.disconnect().expect("disconnect");
    b.disconnect().expect("disconnect");

    for (namespace, message) in [("/secret", "not you"), ("/nope", "Invalid namespace")] {
        let (_refused, why) = story.client(namespace, json!({}));
        let seen = format!("{:?}", hear(&why, "error"));
        ok(&format!("refused by {namespace}"), &seen, seen.contains(message));
    }

    while heard.try_recv().is_ok() {}
    println!("restart");
    let seen = values(hear(&heard, "auth"));
    ok("reconnected", &seen, seen == [json!({"token": "t", "n": 1})]);
    let seen = format!("{:?}", call(&a, "message-with-ack", json!("again").into()));
    ok("answers again", &seen, seen.contains("again"));
    exit(0); // its threads would keep it
}
