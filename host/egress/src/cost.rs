//! What the gate's own work costs: decision, headers and credentials for each request, scrubbing for each kilobyte. Printed, never
//! gated: `cargo test --release -p sluice-egress cost -- --nocapture`.

use std::{hint::black_box, time::Instant};

use http::HeaderMap;
use sluice_catalog::destination::Grant;

use crate::{Links, headers, testing::pass};

#[test]
fn cost_of_a_request_and_of_a_kilobyte() {
    let (pass, links) = (pass(&Grant::default()).0, Links::default());
    let given = [("content-type".to_owned(), "application/json".to_owned()), ("x-batch".to_owned(), "7".repeat(32))];
    let (names, pace) = (["api_key".to_owned()], ["all".to_owned()]);
    let rounds = 20_000u32;
    let began = Instant::now();
    for _ in 0..rounds {
        let checked = pass.policy.check("POST", "https://api.acme.example/v1/users/track?x=1", &links).expect("listed");
        let mut headers: HeaderMap = headers::of_component(&given, &pass.credentials).expect("allowed");
        let toll = pass.pacer.toll(&pace, &vec![]).expect("known");
        pass.credentials.write(&names, &checked, &mut headers).expect("bound");
        black_box((checked, headers, toll));
    }
    let each = began.elapsed() / rounds;
    let body = "{\"message\":\"success\",\"attributes_processed\":75,".repeat(22).into_bytes();
    let began = Instant::now();
    let mut body = body;
    for _ in 0..rounds {
        body = pass.credentials.scrubber().scrub(black_box(body));
    }
    let scrub = began.elapsed() / rounds;
    println!("policy, headers, pace and credential: {each:?} a request; scrubbing: {scrub:?} for {} bytes", body.len());
}
