//! Handshakes over real sockets on loopback, both ways: what the door reads itself, and what it leaves to hyper.

use std::io::{Read as _, Write as _};
use std::sync::atomic::Ordering;

use super::served::{Served, Way, blocking, connect, end, head, joined, seat, start, upgrade};
use crate::admission::Level;
use crate::base::limits;
use crate::base::metrics::CodeLabel;

/// Sends a request, in these pieces, and reads the head of its answer.
async fn answered(served: &Served, pieces: Vec<Vec<u8>>) -> String {
    let address = served.address;
    blocking(move || {
        let mut client = connect(address);
        client.set_nodelay(true).unwrap();
        for piece in pieces {
            client.write_all(&piece).unwrap();
        }
        head(&mut client)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgraded_socket_reaches_the_hub_with_what_was_read_past_the_handshake() {
    let served = start();
    // More than hyper reads at once, less than the door does.
    let early = "early ".repeat(2_000);
    for way in [Way::Plain, Way::Odd] {
        for more in ["", "early", &early] {
            let mut client = upgrade(&served, way, more).await;
            let (mut socket, leftover, visitor) = joined(&served).await;
            assert_eq!(visitor.identity.account.as_str(), "pupil");
            socket.set_nonblocking(false).unwrap();
            let unread = more.as_bytes().strip_prefix(&leftover[..]).unwrap().to_vec();
            blocking(move || {
                // What was not read is still in the socket.
                let mut rest = vec![0; unread.len()];
                socket.read_exact(&mut rest).unwrap();
                assert_eq!(rest, unread);
                socket.write_all(b"hello").unwrap();
                let mut hello = [0; 5];
                client.read_exact(&mut hello).unwrap();
                assert_eq!(&hello, b"hello");
            })
            .await;
        }
    }
    end(served).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_form_of_a_good_handshake_is_let_in_and_the_plain_ones_at_the_door() {
    let served = start();
    let plain = Way::Plain.head("SEAT");
    let many = |count: usize| "X: x\r\n".repeat(count);
    let with = |more: &str| plain.replace("Upgrade: websocket", &format!("{more}Upgrade: websocket"));
    let reversed = {
        let (line, headers) = plain.trim_end().split_once("\r\n").unwrap();
        let headers: Vec<&str> = headers.rsplit("\r\n").collect();
        format!("{line}\r\n{}\r\n\r\n", headers.join("\r\n"))
    };
    let forms = [
        (plain.clone(), Way::Plain),
        (reversed, Way::Plain),
        (plain.replace("Upgrade: websocket", "uPGRADE:   WebSocket  "), Way::Plain),
        (plain.replace("Connection: Upgrade", "connection: keep-alive,\tUpgrade"), Way::Plain),
        (plain.replace("preau.v1", "chat\r\nSec-WebSocket-Protocol: other, preau.v1"), Way::Plain),
        (plain.replace("\r\n", "\n"), Way::Plain),
        (with("Cookie: caf\u{e9}\r\nOrigin: https://app.test\r\n"), Way::Plain),
        (with(&many(50)), Way::Plain),
        (with(&many(90)), Way::Odd),
        (with("Content-Length: 0\r\n"), Way::Odd),
        (plain.replace("?seat=", "?seat=%41"), Way::Odd),
        (plain.replace("?seat=", "?other=1&seat="), Way::Odd),
        (plain.replace(" HTTP/1.1", "&other=1 HTTP/1.1"), Way::Odd),
        (plain.replace("/v1/socket", "http://hub.test/v1/socket"), Way::Odd),
        (format!("\r\n{plain}"), Way::Odd),
    ];
    for (form, way) in forms {
        let mut seat = seat(&served).await;
        if form.contains("%41") {
            assert_eq!(seat.remove(0), 'A', "a seat begins with its version");
        }
        let form = form.replace("SEAT", &seat);
        let answer = answered(&served, vec![form.clone().into_bytes()]).await;
        assert!(answer.starts_with("HTTP/1.1 101 "), "{form}{answer}");
        assert_eq!(Way::of(&answer), way, "{form}");
        let answer = answer.to_lowercase();
        for line in ["upgrade: websocket", "connection: upgrade", "sec-websocket-protocol: preau.v1"] {
            assert!(answer.contains(&format!("\r\n{line}\r\n")), "{answer}");
        }
        assert!(answer.contains("\r\nsec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"), "{answer}");
        // Who has come in leaves: an account may have only a few sessions at a time.
        drop(joined(&served).await);
    }
    end(served).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_may_come_in_any_pieces() {
    let served = start();
    for way in [Way::Plain, Way::Odd] {
        for size in [1, 7, 100] {
            let head = way.head(&seat(&served).await);
            let pieces = head.as_bytes().chunks(size).map(<[u8]>::to_vec).collect();
            let answer = answered(&served, pieces).await;
            assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
            assert_eq!(Way::of(&answer), way);
            joined(&served).await;
        }
    }
    end(served).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_handshake_is_answered_by_hyper_and_keeps_its_seat() {
    let served = start();
    let seat = seat(&served).await;
    let plain = Way::Plain.head(&seat);
    let refused = [
        (plain.replace("Version: 13", "Version: 8"), "426"),
        (plain.replace("preau.v1", "preau.v2"), "400"),
        (plain.replace("Upgrade: websocket", "Origin: https://evil.test\r\nUpgrade: websocket"), "403"),
        (plain.replace("HTTP/1.1", "HTTP/1.0"), "400"),
        (plain.replace(&seat, "AAAA"), "403"),
        (plain.replace("Host: hub.test", "Host : hub.test"), "400"),
    ];
    for (form, status) in refused {
        let answer = answered(&served, vec![form.clone().into_bytes()]).await;
        assert_eq!(answer.split(' ').nth(1), Some(status), "{form}{answer}");
        assert!(answer.contains("\r\nx-content-type-options: nosniff\r\n"), "{form}{answer}");
    }
    let answer = answered(&served, vec![plain.clone().into_bytes()]).await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "the seat is still good: {answer}");
    let answer = answered(&served, vec![plain.into_bytes()]).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "and now it is spent: {answer}");
    let code = CodeLabel { code: "seat_spent" };
    assert_eq!(served.desk.metrics.seats_refused.get_or_create(&code).get(), 1, "counted once");
    end(served).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_drains_lets_nobody_in_at_the_door() {
    let served = start();
    let head = Way::Plain.head(&seat(&served).await);
    served.desk.drain.raise();
    let answer = answered(&served, vec![head.into_bytes()]).await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    end(served).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closing_door_ends_sockets_that_wait_for_the_rest_of_their_heads() {
    let served = start();
    let (address, seat) = (served.address, seat(&served).await);
    let mut waiting = blocking(move || {
        let mut waiting = connect(address);
        waiting.write_all(&Way::Plain.head(&seat).as_bytes()[..100]).unwrap();
        // Whoever came later has been answered, so the first has been seen.
        let mut later = connect(address);
        later.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        later.read_to_end(&mut Vec::new()).unwrap();
        waiting
    })
    .await;
    end(served).await;
    blocking(move || {
        let read = waiting.read(&mut [0; 1]);
        assert!(
            matches!(read, Ok(0)) || read.is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_the_hub_has_no_room_for_is_told_when_to_come_back() {
    let served = start();
    served.desk.hall.is_full.store(true, Ordering::SeqCst);
    let mut clients = [upgrade(&served, Way::Plain, "").await, upgrade(&served, Way::Odd, "").await];
    let rests = blocking(move || {
        clients.each_mut().map(|client| {
            let mut rest = Vec::new();
            client.read_to_end(&mut rest).unwrap();
            rest
        })
    });
    let reason = r#"{"code":"overloaded","retry_ms":[1000,10000]}"#;
    let mut expected = vec![0x88, u8::try_from(2 + reason.len()).unwrap()];
    expected.extend(4101_u16.to_be_bytes());
    expected.extend(reason.as_bytes());
    assert_eq!(rests.await, [expected.clone(), expected]);
    let (metrics, gate) = (served.desk.metrics.clone(), served.desk.gate.clone());
    // Its client may know of the close before the hub has counted it.
    end(served).await;
    assert_eq!(gate.held(), 0, "the seats are given back");
    let code = CodeLabel { code: "overloaded" };
    assert_eq!(metrics.handovers_failed.get_or_create(&code).get(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_nothing_makes_room_for_who_does() {
    let served = start();
    served.desk.gate.rise_to(Level::Critical);
    let address = served.address;
    let (silent, told) = blocking(move || {
        let mut silent: Vec<_> = (0..limits::HTTP_UNFINISHED_CRITICAL_MAX + 3)
            .map(|number| {
                let mut client = connect(address);
                // Some say nothing, some half of something.
                client
                    .write_all(if number % 2 == 0 { b"" } else { b"POST /v1/seat HTTP/1.1\r\nHost" })
                    .unwrap();
                client
            })
            .collect();
        let told = silent.drain(..3).map(|mut client| {
            let mut said = String::new();
            client.read_to_string(&mut said).unwrap();
            said
        });
        let told: Vec<String> = told.collect();
        (silent, told)
    })
    .await;
    for said in told {
        let (head, body) = said.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("HTTP/1.1 503 ") && head.contains(&format!("content-length: {}", body.len()))
        );
        assert!(head.contains("\r\nx-content-type-options: nosniff\r\n"), "{head}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(body).unwrap()["code"], "busy");
    }
    assert_eq!(silent.len(), limits::HTTP_UNFINISHED_CRITICAL_MAX);
    drop(upgrade(&served, Way::Plain, "").await);
    drop(upgrade(&served, Way::Odd, "").await);
    let metrics = served.desk.metrics.clone();
    end(served).await;
    assert!(metrics.http_turned_away.get() >= 3);
    drop(silent);
}
