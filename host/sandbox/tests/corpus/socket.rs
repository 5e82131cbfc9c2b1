use std::{
    os::unix::net::UnixStream,
    sync::{Arc, Barrier},
    thread,
    time::{Duration, Instant},
};

use sluice_catalog::{
    Code,
    contract::{Failure, Level},
};
use sluice_sandbox::{Answer, Ask, Door, Limits, SocketDoor, Until, serve_door};

use crate::fixture::*;

/// A door across a socket pair, with the host's side on a thread of its own.
fn across(inner: Arc<dyn Door>) -> (Arc<SocketDoor>, thread::JoinHandle<std::io::Result<()>>) {
    let (guests, host) = UnixStream::pair().expect("a socket pair");
    let served = thread::spawn(move || serve_door(host, inner.as_ref()));
    (Arc::new(SocketDoor::connect(guests).expect("a door")), served)
}

#[tokio::test]
async fn a_guest_cannot_tell_a_door_across_a_socket_from_one_beside_it() {
    let check = format!(
        "(call $log (i32.const 2) (i32.const {ANSWER}) (i32.const 0))
         (call $send_all (i32.const {FREE}) (i32.const 3) (i32.const 2) (i32.const {RETURNED}))
         (call $answer (i32.wrap_i64 (call $spool_size (i64.const 5))))"
    );
    let answers = |ask: &Ask, until: &Until| {
        if let Ask::SpoolSize { id } = ask { Answer::Size(id + 0xabc0) } else { obliging(ask, until) }
    };
    let source = Source { check: &check, ..PLAIN };
    let (beside, far) = (door(answers), door(answers));
    let (socket, served) = across(far.clone());
    let engine = engine();
    for (door, seen) in [(beside.clone() as Arc<dyn Door>, &beside), (socket, &far)] {
        let session = program_in(&engine, source).session(door, Limits::default());
        assert_eq!(call(&mut session.instance()).await, Ok(0xabc5));
        standing(&session);
        let asked = seen.asked();
        assert!(matches!(&asked[0], Ask::Log { level: Level::Warn, message } if message.is_empty()));
        assert!(matches!(&asked[1], Ask::SendAll { requests, in_flight_max: 2 } if requests.len() == 3));
    }
    assert_eq!(beside.asked(), far.asked());
    drop(engine);
    served.join().expect("no panic").expect("closed between two messages");
}

#[tokio::test]
async fn questions_of_many_guests_share_one_socket() {
    let all = Barrier::new(16);
    let meets = move |ask: &Ask, _: &Until| {
        all.wait();
        let Ask::SpoolSize { id } = ask else { panic!("{ask:?}") };
        Answer::Size(id + 1)
    };
    let (socket, served) = across(door(meets));
    let asks = Source { check: "(call $answer (i32.wrap_i64 (call $spool_size (i64.const 41))))", ..PLAIN };
    let session = program(asks).session(socket, Limits::default());
    let calls: Vec<_> = (0..16)
        .map(|_| {
            let mut instance = session.instance();
            tokio::spawn(async move { call(&mut instance).await })
        })
        .collect();
    for ended in calls {
        assert_eq!(ended.await.expect("no panic"), Ok(42));
    }
    standing(&session);
    drop(session);
    served.join().expect("no panic").expect("closed between two messages");
}

/// HC11 across the socket: deadline and stop travel, and the honest answer comes back.
#[tokio::test]
async fn a_deadline_travels_across_the_socket_and_what_was_sent_comes_back() {
    let check =
        format!("(i32.store8 (i32.const {EFFECT}) (i32.const 1)) (call $send (i32.const {REQUEST}) (i32.const {RETURNED}))");
    let hangs = |_: &Ask, until: &Until| {
        while !until.left().is_zero() {
            thread::park_timeout(until.left().min(Duration::from_millis(5)));
        }
        Answer::Sent(Err(Failure { code: Code::EgressTimeout.to_string(), message: "no answer".to_owned(), sent: false }))
    };
    let (socket, served) = across(door(hangs));
    let session = program(Source { check: &check, ..PLAIN }).session(socket, Limits::default());
    let fault = call_until(&mut session.instance(), Instant::now() + Duration::from_millis(30)).await.expect_err("no answer");
    assert_eq!((fault.code, fault.requests_left), (Code::ConnectorWallLimit, false), "{fault}");

    let before = session.run_use().host_calls; // none, on a machine so busy that the deadline came before the question
    let mut instance = session.instance();
    let running = tokio::spawn(async move { call(&mut instance).await });
    while session.run_use().host_calls == before {
        tokio::task::yield_now().await;
    }
    session.stop();
    let fault = running.await.expect("no panic").expect_err("stopped");
    assert_eq!((fault.code, fault.requests_left), (Code::RunCancelled, false), "{fault}");
    standing(&session);
    drop(session);
    served.join().expect("no panic").expect("closed between two messages");
}

#[tokio::test]
async fn a_lost_host_ends_the_guests_that_wait_for_it() {
    let check =
        format!("(i32.store8 (i32.const {EFFECT}) (i32.const 1)) (call $send (i32.const {REQUEST}) (i32.const {RETURNED}))");
    let (guests, host) = UnixStream::pair().expect("a socket pair");
    let session = program(Source { check: &check, ..PLAIN })
        .session(Arc::new(SocketDoor::connect(guests).expect("a door")), Limits::default());
    let mut instance = session.instance();
    let running = tokio::spawn(async move { call(&mut instance).await });
    while session.run_use().host_calls == 0 {
        tokio::task::yield_now().await;
    }
    drop(host);
    let fault = running.await.expect("no panic").expect_err("lost");
    assert_eq!((fault.code, fault.requests_left), (Code::Internal, true), "nobody knows what had left: {fault}");
    standing(&session);
}

#[test]
fn a_guests_process_that_writes_nonsense_loses_its_door() {
    let (mut guests, host) = UnixStream::pair().expect("a socket pair");
    let served = thread::spawn(move || serve_door(host, door(obliging).as_ref()));
    std::io::Write::write_all(&mut guests, &[0xff; 64]).expect("written");
    assert!(served.join().expect("no panic").is_err());
}
