use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use proptest::prelude::*;

use super::*;

const SECRET: &str = "s3cr+t/Key&=\"ü' *~";

fn echoes(secret: &str) -> Vec<(&'static str, String)> {
    let percent = percent_encode(secret.as_bytes(), STRICT).to_string();
    let json = serde_json::to_string(secret).expect("text");
    vec![
        ("plain", secret.into()),
        ("percent", percent.clone()),
        ("percent, lower case", lower_escapes(&percent)),
        ("encodeURIComponent", percent_encode(secret.as_bytes(), COMPONENT).to_string()),
        ("form", percent.replace("%20", "+")),
        ("base64", STANDARD.encode(secret)),
        ("base64 in Basic", STANDARD.encode(format!("u:{secret}"))),
        ("base64 in a longer text", STANDARD.encode(format!("key={secret}&x=1"))),
        ("base64url", URL_SAFE.encode(secret)),
        ("base64url in a longer text", URL_SAFE.encode(format!("a{secret}bcd"))),
        ("hex", hex::encode(secret)),
        ("HEX", hex::encode_upper(secret)),
        ("JSON", json.clone()),
        ("JSON with escaped slashes", json.replace('/', "\\/")),
        ("JSON for HTML", unicode_escapes(secret, false)),
        ("HTML", "s3cr+t/Key&amp;=&quot;ü&#39; *~".into()),
    ]
}

#[test]
fn a_secret_is_masked_in_every_form_that_an_echo_has() {
    let scrubber = Scrubber::new([SECRET.as_bytes()]);
    for (form, echo) in echoes(SECRET) {
        let text = format!("before {echo} after {echo}");
        let scrubbed = scrubber.scrub_text(text.clone());
        assert_eq!(scrubbed.matches("[credential]").count(), 2, "{form}: {scrubbed}");
        assert!(scrubbed.starts_with("before ") && scrubbed.contains(" after "), "{form}: {scrubbed}");
        for (_, other) in echoes(SECRET) {
            assert!(!scrubbed.contains(&other), "{form}: {scrubbed}");
        }
    }
}

#[test]
fn text_without_secrets_is_given_back_as_it_was() {
    let scrubber = Scrubber::new([SECRET.as_bytes()]);
    let body = b"{\"message\":\"success\"}".to_vec();
    let at = body.as_ptr();
    let same = scrubber.scrub(body);
    assert_eq!((same.as_ptr(), same.as_slice()), (at, &b"{\"message\":\"success\"}"[..]));
    assert_eq!(Scrubber::new([&b"abc"[..]]).scrub(b"abc".to_vec()), b"abc", "three bytes are no secret");
    assert_eq!(Scrubber::new([&b"abcd"[..]]).scrub(b"abcd".to_vec()), MASK);
    assert_eq!(Scrubber::new([]).scrub(b"abcd".to_vec()), b"abcd");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// However a body is cut into chunks, the stream says what the whole would have said.
    #[test]
    fn chunks_do_not_hide_a_secret(parts in prop::collection::vec(prop_oneof![
        "[a-z]{0,9}", Just(SECRET.to_owned()), Just(STANDARD.encode(SECRET)), Just(hex::encode(SECRET)), Just(SECRET[..9].to_owned())
    ], 0..8), sizes in prop::collection::vec(1usize..40, 1..9)) {
        let scrubber = Scrubber::new([SECRET.as_bytes()]);
        let body = parts.concat().into_bytes();
        let (mut stream, mut out, mut rest) = (scrubber.stream(), Vec::new(), body.as_slice());
        for size in sizes.iter().cycle() {
            if rest.is_empty() { break; }
            let (now, later) = rest.split_at(rest.len().min(*size));
            stream.push(now, &mut out);
            rest = later;
        }
        stream.finish(0, &mut out);
        prop_assert_eq!(out, scrubber.scrub(body));
    }

    /// A cut never shows the beginning of a secret that starts before it.
    #[test]
    fn a_cut_does_not_show_half_a_secret(before in 0usize..60, cut in 1usize..60) {
        let scrubber = Scrubber::new([SECRET.as_bytes()]);
        let whole = [vec![b'x'; before], SECRET.as_bytes().to_vec(), vec![b'y'; 200]].concat();
        let looked_at = whole[..cut + scrubber.overlap() + 1].to_vec();
        let mut stream = scrubber.stream();
        let mut streamed = Vec::new();
        stream.push(&looked_at, &mut streamed);
        stream.finish(looked_at.len() - cut, &mut streamed);
        for shown in [scrubber.scrub_before(looked_at, cut), streamed] {
            prop_assert!(!shown.windows(3).any(|w| w == &SECRET.as_bytes()[..3]));
            prop_assert!(shown.len() <= cut + MASK.len());
        }
    }
}
