use sluice_sdk::serde_json::json;
use sluice_sdk::testing::{Input, Rows as Made, Script, answer, failure};
use sluice_sdk::{Destination, Outcome, PhysicalType, code, digest};

use super::*;
use crate::Mailchimp;

const AUDIENCE: &str = "https://us19.api.mailchimp.com/3.0/lists/a1b2c3d4e5";

fn script() -> Script {
    let settings = r#"{"data_center":"us19","list_id":"a1b2c3d4e5"}"#;
    Script::new().service("segments").mode("list").settings(settings).options(r#"{"segment":"VIP FR"}"#).keep(b"49381")
}

fn by(emails: &[&str]) -> Made {
    let emails = emails.iter().map(|email| Input::from(*email));
    Made::new().column("email", PhysicalType::Utf8, emails).attr("role", "identifier").attr("identifier", "email")
}

fn segments(all: &[(i64, &str)]) -> String {
    let segment = |(id, name): &(i64, &str)| json!({ "id": id, "name": name });
    json!({ "segments": all.iter().map(segment).collect::<Vec<_>>() }).to_string()
}

fn full_page() -> String {
    let names: Vec<String> = (0..1000).map(|n| format!("tag {n}")).collect();
    segments(&names.iter().map(|name| (1, name.as_str())).collect::<Vec<_>>())
}

#[test]
fn a_segment_is_found_by_its_name_in_any_case_or_made_once() {
    let found = script().answers(answer(200, &segments(&[(7, "VIP"), (8, "Vip fr")])));
    assert_eq!(found.call(Mailchimp::setup), Ok(b"8".to_vec()));
    let url = format!("{AUDIENCE}/segments?type=static&count=1000&offset=0&fields=segments.id,segments.name");
    assert_eq!(found.requests().iter().map(|r| r.url.clone()).collect::<Vec<_>>(), [url]);

    let reply = r#"{"id":49381,"name":"VIP FR","type":"static","member_count":0}"#;
    let made = script().answers(answer(200, &segments(&[]))).answers(answer(200, reply));
    assert_eq!(made.call(Mailchimp::setup), Ok(b"49381".to_vec()));
    let sent = &made.requests()[1];
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("POST", format!("{AUDIENCE}/segments").as_str()));
    assert_eq!(sent.effect, Effect::Once, "a repeat could make a second one");
    assert_eq!(made.bodies()[1], json!({ "name": "VIP FR", "static_segment": [] }));
}

#[test]
fn all_pages_of_segments_are_looked_through_and_no_more_than_ten() {
    let second = script().answers(answer(200, &full_page())).answers(answer(200, &segments(&[(8, "VIP FR")])));
    assert_eq!(second.call(Mailchimp::setup), Ok(b"8".to_vec()));
    assert!(second.requests()[1].url.contains("&offset=1000&"));
    let endless = (0..11).fold(script(), |script, _| script.answers(answer(200, &full_page())));
    assert!(matches!(endless.call(Mailchimp::setup), Err(Halt::Config(_))));
    assert_eq!(endless.requests().len(), 10);
}

#[test]
fn a_segment_that_cannot_be_looked_for_is_not_made() {
    for (status, body) in [(200, "{}"), (200, "<html>"), (401, "{}"), (404, "{}"), (429, ""), (500, "")] {
        let script = script().answers(answer(status, body));
        assert!(script.call(Mailchimp::setup).is_err(), "{status} {body}");
        assert_eq!(script.requests().len(), 1, "{status} {body}");
    }
}

/// What `prepare` says before an operation: it has no rows, but knows what they will be for.
fn prepared(script: &Script, operation: Operation) -> Result<Vec<u8>, Halt> {
    script.rows(operation, &by(&[]), |call, _| Mailchimp::prepare(call))
}

#[test]
fn a_run_that_adds_asks_for_the_present_name() {
    let renamed = script().answers(answer(200, &segments(&[(7, "VIP FR"), (49381, "Best customers")])));
    assert_eq!(prepared(&renamed, Operation::Add), Ok(b"Best customers".to_vec()));
    let deleted = script().answers(answer(200, &segments(&[(7, "VIP FR")])));
    let told = prepared(&deleted, Operation::Add);
    assert!(matches!(&told, Err(Halt::Missing(r)) if r.code == code::DEST_OBJECT_MISSING), "{told:?}");
    for quiet in [script().keep(b""), script()] {
        let operation = if quiet.call(|call| call.keep().is_empty()) { Operation::Add } else { Operation::Remove };
        assert_eq!((prepared(&quiet, operation), quiet.requests().len()), (Ok(Vec::new()), 0));
    }
}

#[test]
fn each_contact_is_tagged_and_strangers_are_skipped() {
    for (automations, state, name) in [(false, &b"Best customers"[..], "Best customers"), (true, b"", "VIP FR")] {
        let script = script()
            .options(&format!(r#"{{"segment":"VIP FR","start_automations":{automations}}}"#))
            .state(state)
            .answers(answer(204, ""))
            .answers(answer(404, r#"{"title":"Resource Not Found"}"#));
        let told = script.rows(Operation::Add, &by(&["lea@x.example", "new@x.example", "bad@"]), Mailchimp::write).expect("sent");
        assert_eq!(told.receipt.all, Outcome::Accepted);
        let [(1, Outcome::Skipped(stranger)), (2, Outcome::Rejected(bad))] = &told.receipt.except[..] else { panic!("{told:?}") };
        assert_eq!((stranger.code.as_str(), bad.code.as_str()), (code::NOT_FOUND_IN_DESTINATION, code::BAD_FORMAT));
        let body = json!({ "tags": [{ "name": name, "status": "active" }], "is_syncing": !automations });
        assert_eq!(script.bodies(), [body.clone(), body]);
        let url = format!("{AUDIENCE}/members/{}/tags", digest::md5("lea@x.example"));
        assert_eq!((script.requests()[0].method.as_str(), script.requests()[0].url.as_str()), ("POST", url.as_str()));
    }
}

#[test]
fn a_tag_is_given_when_the_answer_is_204_and_nothing_else() {
    for (status, body) in [(200, "{}"), (200, "<html>log in</html>"), (202, ""), (500, "")] {
        let script = script().state(b"VIP FR").answers(answer(status, body));
        let told = script.rows(Operation::Add, &by(&["lea@x.example"]), Mailchimp::write).expect("a receipt");
        assert!(matches!(told.receipt.except[..], [(0, Outcome::Unknown(_))]), "{status} {body}: {told:?}");
        assert!(matches!(told.stop, Some(Halt::Unavailable(_))), "{status} {body}");
    }
    let silent = script().state(b"VIP FR").fails(failure("egress-timeout", true));
    let told = silent.rows(Operation::Add, &by(&["lea@x.example"]), Mailchimp::write).expect("a receipt");
    assert!(matches!((&told.receipt.except[..], &told.stop), ([(0, Outcome::Unknown(_))], None)), "{told:?}");
    let strange = script().state(b"\xff").rows(Operation::Add, &by(&["lea@x.example"]), Mailchimp::write);
    assert!(matches!(strange, Err(Halt::Contract(_))), "{strange:?}");
}

#[test]
fn a_removal_is_one_request_and_who_is_not_named_has_left() {
    let reply = json!({
        "errors": [{ "email_addresses": ["ODD@x.example"], "error": "Email address looks fake or invalid" }],
        "total_added": 0, "total_removed": 1, "error_count": 1,
    });
    let script = script().answers(answer(200, &reply.to_string()));
    let told = script.rows(Operation::Remove, &by(&["lea@x.example", "gone@x.example", "odd@x.example", "bad@"]), Mailchimp::write);
    let told = told.expect("sent");
    let [(2, Outcome::Rejected(odd)), (3, Outcome::Rejected(bad))] = &told.receipt.except[..] else { panic!("{told:?}") };
    assert_eq!((odd.code.as_str(), bad.code.as_str()), (code::IDENTIFIER_INVALID, code::BAD_FORMAT));
    assert_eq!((&told.receipt.all, told.receipt.unnamed), (&Outcome::Accepted, 0));
    assert_eq!(script.bodies(), [json!({ "members_to_remove": ["lea@x.example", "gone@x.example", "odd@x.example"] })]);
    let url = format!("{AUDIENCE}/segments/49381?fields=errors,total_added,total_removed,error_count");
    assert_eq!((script.requests()[0].method.as_str(), script.requests()[0].url.as_str()), ("POST", url.as_str()));
}

#[test]
fn a_removal_needs_a_segment_and_somebody_to_remove() {
    let nobody = script();
    let told = nobody.rows(Operation::Remove, &by(&["bad@"]), Mailchimp::write).expect("nothing to send");
    assert!(matches!(told.receipt.except[..], [(0, Outcome::Rejected(_))]), "{told:?}");
    assert_eq!(nobody.requests().len(), 0);
    let fine = r#"{"errors":[],"total_removed":1,"error_count":0}"#;
    let dry = script().keep(b"").answers(answer(200, fine));
    dry.rows(Operation::Remove, &by(&["lea@x.example"]), Mailchimp::write).expect("sent");
    assert!(dry.requests()[0].url.contains("/segments/0?"));
    let strange = script().keep(b"seven").rows(Operation::Remove, &by(&["lea@x.example"]), Mailchimp::write);
    assert!(matches!(strange, Err(Halt::Contract(_))), "{strange:?}");
}
