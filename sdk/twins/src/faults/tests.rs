use super::*;

fn struck(fault: Fault, requests: u64) -> Vec<u64> {
    let faults = Faults::default();
    faults.arm(fault).unwrap();
    (1..=requests).filter(|_| faults.meet("POST", "/a", b"body").is_some()).collect()
}

#[test]
fn a_fault_strikes_the_requests_it_picks() {
    let any = Fault::on("/a");
    for (pick, count, want) in [
        (Pick::Next(1), None, vec![1]),
        (Pick::Next(3), None, vec![1, 2, 3]),
        (Pick::Nth(2), None, vec![2]),
        (Pick::Every(2), None, vec![2, 4, 6]),
        (Pick::Every(2), Some(2), vec![2, 4]),
        (Pick::Every(1), Some(0), vec![]),
    ] {
        let fault = Fault { count, ..any.clone().pick(pick) };
        assert_eq!(struck(fault, 6), want, "{pick:?} {count:?}");
    }
}

#[test]
fn a_fault_meets_only_what_it_names() {
    let meets = |fault: Fault, method: &str, path: &str, body: &[u8]| {
        let faults = Faults::default();
        faults.arm(fault).unwrap();
        faults.meet(method, path, body).is_some()
    };
    assert!(meets(Fault::on("/users/track"), "POST", "/users/track", b""));
    assert!(!meets(Fault::on("/users/track"), "POST", "/users/track/bulk", b""));
    assert!(meets(Fault::on("/users/*"), "POST", "/users/track", b""));
    assert!(!meets(Fault::on("/users/*"), "POST", "/segments/list", b""));
    assert!(meets(Fault::on("/a").method("post"), "POST", "/a", b""));
    assert!(!meets(Fault::on("/a").method("GET"), "POST", "/a", b""));
    assert!(meets(Fault::on("/a").holding("C-13"), "POST", "/a", b"{\"id\":\"C-13\"}"));
    assert!(!meets(Fault::on("/a").holding("C-13"), "POST", "/a", b"{\"id\":\"C-1\"}"));
}

#[test]
fn of_two_faults_the_older_strikes_and_both_count() {
    let faults = Faults::default();
    let first = faults.arm(Fault::on("/a")).unwrap();
    let second = faults.arm(Fault::on("/a").pick(Pick::Nth(2))).unwrap();
    assert_eq!(faults.meet("POST", "/a", b"").map(|(id, _)| id), Some(first));
    assert_eq!(faults.meet("POST", "/a", b"").map(|(id, _)| id), Some(second));
    assert_eq!(faults.meet("POST", "/a", b""), None);
    assert_eq!((faults.struck(first), faults.struck(second)), (1, 1));
    assert_eq!(faults.armed().iter().map(|a| a.seen).collect::<Vec<_>>(), [3, 3]);
}

#[test]
fn a_fault_that_could_never_strike_is_refused() {
    let faults = Faults::default();
    assert_eq!(faults.arm(Fault::on("/a").pick(Pick::Nth(0))), Err(FaultError::PickZero));
    assert_eq!(faults.arm(Fault::on("/a").answer(Answer::Status { status: 199 })), Err(FaultError::Status { status: 199 }));
    assert!(faults.arm(Fault::on("/a").answer(Answer::Status { status: 200 })).is_ok());
    for _ in 1..limits::FAULTS_MAX {
        faults.arm(Fault::on("/a")).unwrap();
    }
    assert_eq!(faults.arm(Fault::on("/a")), Err(FaultError::TooMany));
    faults.clear();
    assert!(faults.arm(Fault::on("/a")).is_ok());
}

#[test]
fn a_fault_reads_back_from_its_json() {
    let fault: Fault =
        serde_json::from_str(r#"{"path":"/users/track","pick":{"nth":3},"apply":"half","answer":{"kind":"status","status":500}}"#)
            .unwrap();
    let built = Fault::on("/users/track").pick(Pick::Nth(3)).apply(Apply::Half).answer(Answer::Status { status: 500 });
    assert_eq!(fault, built);
    let text = serde_json::to_string(&built).unwrap();
    assert_eq!(serde_json::from_str::<Fault>(&text).unwrap(), built);
    assert!(serde_json::from_str::<Fault>(r#"{"pth":"/users/track"}"#).is_err(), "a misspelt part is refused");
}
