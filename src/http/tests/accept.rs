//! HTTP connections over real sockets on loopback: deadlines, places, drain.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::desk::{Desk, NOW};
use super::served::{PATIENCE, blocking, connect, end, head, start, start_with_places, start_within};
use crate::access::Identity;
use crate::admission::Permit;
use crate::base::{AccountId, Clock, MachineTime, SessionId, limits};
use crate::http::accept::Bounds;
use crate::hub::Lags;
use crate::hub::mailbox::mailbox;
use crate::hub::{Front, Overloaded};
use crate::session::{Sessions, Visitor};

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_ends_idle_connections_and_the_listener() {
    let served = start();
    let address = served.address;
    let mut client = blocking(move || {
        let mut client = connect(address);
        client.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        assert!(head(&mut client).starts_with("HTTP/1.1 200 "));
        client
    })
    .await;
    end(served).await;
    blocking(move || {
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, br#"{"status":"ok"}"#);
        assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_drains_says_so_to_newcomers_until_its_port_closes() {
    let served = start();
    let address = served.address;
    let ask = move |client: &mut TcpStream, path: &str| {
        client.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
        head(client).to_lowercase()
    };
    let mut rested = blocking(move || {
        let mut client = connect(address);
        assert!(ask(&mut client, "/readyz").starts_with("http/1.1 200 "));
        client.read_exact(&mut [0; br#"{"status":"ready"}"#.len()]).unwrap();
        client
    })
    .await;
    served.desk.drain.raise();
    blocking(move || {
        let mut newcomer = connect(address);
        for client in [&mut rested, &mut newcomer] {
            let head = ask(client, "/readyz");
            assert!(head.starts_with("http/1.1 503 ") && head.contains("connection: close"), "{head}");
            let mut body = String::new();
            client.read_to_string(&mut body).unwrap();
            assert!(body.contains(r#""code":"draining""#), "{body}");
        }
    })
    .await;
    end(served).await;
    assert!(blocking(move || TcpStream::connect(address)).await.is_err(), "nobody listens any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_too_long_is_refused() {
    let served = start();
    let address = served.address;
    blocking(move || {
        let mut client = connect(address);
        let filler = "x".repeat(limits::HTTP_HEAD_BYTES_MAX);
        let request = format!("GET / HTTP/1.1\r\nHost: x\r\nFiller: {filler}\r\n\r\n");
        client.write_all(request.as_bytes()).unwrap();
        assert!(head(&mut client).starts_with("HTTP/1.1 431 "));
    })
    .await;
    end(served).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_does_not_ask_in_time_is_closed() {
    let served = start();
    let address = served.address;
    // Nothing at all; half a head; half a handshake; a whole request and then silence.
    let asked = [
        "",
        "GET / HTTP/1.1\r\nHost: x\r\n",
        "GET /v1/socket?seat=x HTTP/1.1\r\nHost: x\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    ];
    let waits = asked.map(|asked| {
        tokio::task::spawn_blocking(move || {
            let mut client = connect(address);
            client.write_all(asked.as_bytes()).unwrap();
            let mut rest = Vec::new();
            // Whether the kernel says end or reset does not matter: it is over.
            let ended = client.read_to_end(&mut rest);
            let is_timeout = ended.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
            assert!(!is_timeout, "{asked:?} was left open");
            rest
        })
    });
    let [nothing, half, handshake, whole] = waits;
    // The deadline is real time here: the timer is not ours to pause across threads.
    for wait in [nothing, half, handshake] {
        let rest = tokio::time::timeout(limits::HANDSHAKE_DEADLINE * 2, wait).await.unwrap().unwrap();
        assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"));
    }
    let rest = tokio::time::timeout(limits::HANDSHAKE_DEADLINE * 2, whole).await.unwrap().unwrap();
    assert!(rest.starts_with(b"HTTP/1.1 200 "));
    end(served).await;
}

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn when_every_place_is_taken_newcomers_wait_for_one() {
    let served = start_with_places(1);
    let address = served.address;
    blocking(move || {
        let first = connect(address);
        let mut second = connect(address);
        second.write_all(HEALTH).unwrap();
        second.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let early = second.read(&mut [0]).unwrap_err();
        assert_eq!(early.kind(), std::io::ErrorKind::WouldBlock, "answered beyond the bound");
        second.set_read_timeout(Some(PATIENCE)).unwrap();
        drop(first);
        assert!(head(&mut second).starts_with("HTTP/1.1 200 "));
    })
    .await;
    end(served).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_places_are_scarce_an_answer_closes_its_connection() {
    let served = start_with_places(8);
    let address = served.address;
    blocking(move || {
        let ask = || {
            let mut client = connect(address);
            client.write_all(HEALTH).unwrap();
            let head = head(&mut client).to_lowercase();
            (client, head.contains("connection: close"))
        };
        // The loop holds a place for the next socket as soon as it waits for one, so the sixth may see either.
        let resting: Vec<(TcpStream, bool)> = (0..6).map(|_| ask()).collect();
        assert!(resting.iter().take(5).all(|(_, closes)| !closes), "there was room");
        assert!(ask().1, "the seventh of eight");
    })
    .await;
    end(served).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_reads_loses_its_place() {
    let bounds = Bounds { connections_max: 1, write_deadline: Duration::from_millis(100) };
    let served = start_within(bounds);
    let address = served.address;
    blocking(move || {
        let mut deaf = connect(address);
        deaf.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
        let request = b"GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";
        // Answers of far more bytes than two kernels hold. Asking ends when the hub reads no more, or has hung up.
        while deaf.write_all(&request.repeat(1_000)).is_ok() {}
        let mut next = connect(address);
        next.write_all(HEALTH).unwrap();
        assert!(head(&mut next).starts_with("HTTP/1.1 200 "), "the place was given to the next");
    })
    .await;
    end(served).await;
}

/// Everything that a shard would be told goes into an inbox that nobody reads.
#[tokio::test]
async fn a_shard_without_room_is_passed_over_and_the_last_gives_the_socket_back() {
    let desk = Desk::new();
    let account = AccountId::parse("pupil").unwrap();
    let visitor = || Visitor {
        permit: Permit::unbound(SessionId(1)),
        identity: Identity::of(&desk.edge.parts.directory.current(), &account).unwrap(),
        token_expires_at: MachineTime(NOW),
        lease_until: MachineTime(u64::MAX),
        home: None,
        following: None,
    };
    let lags = || Arc::new(Lags::new(Arc::clone(&desk.clock) as Arc<dyn Clock>));
    let (first, first_inbox) = mailbox(Arc::new(|| {}), lags());
    let (second, second_inbox) = mailbox(Arc::new(|| {}), lags());
    let front = Front::<usize, Sessions>::new(vec![first, second]);
    let join = |socket| front.join(socket, Bytes::new(), None, visitor());
    for socket in 0..2 * limits::SHARD_INBOX_MAX {
        assert_eq!(join(socket), Ok(()));
    }
    for socket in [7, 8] {
        assert_eq!(join(socket), Err(Overloaded(socket)));
    }
    // Whoever's turn it is: the second has room.
    for _ in 0..2 {
        assert!(second_inbox.next().is_some());
        assert_eq!(join(9), Ok(()));
        assert_eq!(join(9), Err(Overloaded(9)));
    }
    drop(first_inbox);
    assert!(second_inbox.next().is_some());
    assert_eq!(join(10), Ok(()));
    drop(second_inbox);
    assert_eq!(join(11), Err(Overloaded(11)));
    assert_eq!(
        Front::<usize, Sessions>::new(vec![]).join(12, Bytes::new(), None, visitor()),
        Err(Overloaded(12))
    );
}
