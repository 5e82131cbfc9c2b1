use super::*;

fn request(log: &RequestLog, body: Bytes) -> u64 {
    log.arrive(|number| RequestEntry {
        number,
        at: Timestamp::UNIX_EPOCH,
        method: "POST".to_owned(),
        path: format!("/{number}"),
        query: None,
        headers: Vec::new(),
        body_bytes: body.len(),
        body: Some(body),
        status: None,
        fault: None,
        tally: Tally::default(),
    })
}

#[test]
fn requests_are_numbered_in_order_and_ended_by_number() {
    let log = RequestLog::default();
    assert_eq!((request(&log, Bytes::from_static(b"[1]")), request(&log, Bytes::new())), (1, 2));
    log.end(1, Some(201), None, Tally { objects: 1, applied: 1, ..Tally::default() });
    let entries = log.entries();
    assert_eq!((entries[0].status, entries[1].status), (Some(201), None));
    assert_eq!(entries[0].json(), Some(json!([1])));
    log.end(99, Some(500), None, Tally::default());
    assert_eq!(log.total(), 2, "ending an unknown request changes nothing");
}

#[test]
fn the_oldest_bodies_go_first_and_their_entries_stay() {
    let log = RequestLog::default();
    let half = Bytes::from(vec![b' '; limits::LOG_BODY_BYTES_MAX / 2]);
    request(&log, half.clone());
    request(&log, half.clone());
    assert!(log.entries().iter().all(|entry| entry.body.is_some()), "exactly at the limit nothing is forgotten");
    request(&log, Bytes::from_static(b"1"));
    assert_eq!(log.entries().iter().map(|entry| entry.body.is_some()).collect::<Vec<_>>(), [false, true, true]);
    request(&log, half);
    assert_eq!(log.entries().iter().map(|entry| entry.body.is_some()).collect::<Vec<_>>(), [false, false, true, true]);
    assert_eq!(log.entries()[0].body_bytes, limits::LOG_BODY_BYTES_MAX / 2);
}

#[test]
fn the_oldest_requests_are_forgotten_and_counted() {
    let log = RequestLog::default();
    for _ in 0..=limits::LOG_REQUESTS_MAX {
        request(&log, Bytes::new());
    }
    assert_eq!(log.entries().len(), limits::LOG_REQUESTS_MAX);
    assert_eq!(log.entries()[0].number, 2);
    assert_eq!(log.total(), limits::LOG_REQUESTS_MAX as u64 + 1);
    log.end(2, Some(200), None, Tally::default());
    assert_eq!(log.entries()[0].status, Some(200));
}

#[test]
fn the_oldest_warnings_are_forgotten_and_counted() {
    let log = RequestLog::default();
    for request in 0..=limits::WARNINGS_MAX as u64 {
        log.warn(vec![Warning { request, code: "same-user-twice", detail: String::new() }]);
    }
    assert_eq!(log.warnings()[0].request, 1);
    assert_eq!(log.warnings_total(), limits::WARNINGS_MAX as u64 + 1);
}
