use sluice_sdk::serde_json::{Value as Json, json};
use sluice_sdk::testing::{Input, Rows as Made, Script, absent, answer, null};
use sluice_sdk::{Destination, Outcome, PhysicalType, code};

use super::*;
use crate::GoogleAds;

/// `alexz@example.com`, `+18005550100` and `givenname` (googleads/data-manager-python at 5abbf5d, `tests/formatter_test.py`, read 2026-11).
const MAIL: &str = "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a";
const PHONE: &str = "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30";
const NAME: &str = "128a07bfe2df877c52076e60d7774cf5baaa046c5a6c48daf30ff43ecca2f814";
const TAKEN: &str = r#"{"requestId":"r-1"}"#;

fn script(options: &str) -> Script {
    let settings = r#"{"customer_id":"1234567890","login_customer_id":"9876543210","sign_in":"oauth"}"#;
    let options = format!(r#"{{"list":"VIP","accept_customer_match_terms":true{options}}}"#);
    Script::new().service("audiences").mode("list").settings(settings).options(&options).keep(b"8001234567")
}

fn by(made: Made, name: &str, values: impl IntoIterator<Item = Input>) -> Made {
    made.column(name, PhysicalType::Utf8, values).attr("role", "identifier").attr("identifier", name)
}

fn consented(made: Made, cells: impl IntoIterator<Item = Input>) -> Made {
    made.column("adUserData", PhysicalType::Boolean, cells)
}

fn destinations() -> Json {
    let account = |id: &str| json!({ "accountType": "GOOGLE_ADS", "accountId": id });
    json!([{ "operatingAccount": account("1234567890"), "loginAccount": account("9876543210"), "productDestinationId": "8001234567" }])
}

#[test]
fn a_member_has_everything_that_names_them_and_an_address_is_whole_or_left_out() {
    let made = by(Made::new(), "emailAddress", [MAIL.into(), null(), MAIL.into(), absent(), "alexz@example.com".into()]);
    let made = by(made, "phoneNumber", [PHONE.into(), null(), null(), null(), null()]);
    let made = by(made, "givenName", [NAME.into(), NAME.into(), NAME.into(), NAME.into(), null()]);
    let made = by(made, "familyName", [NAME.into(), NAME.into(), null(), null(), null()]);
    let made = by(made, "regionCode", ["FR".into(), "US".into(), "FR".into(), "FR".into(), null()]);
    let made = by(made, "postalCode", ["69001".into(), "94043".into(), "69001".into(), "69001".into(), null()]);
    let script = script("").answers(answer(200, TAKEN));
    let told = script.rows(Operation::Add, &made, GoogleAds::write).expect("sent");
    let (mail, phone) = (json!({ "emailAddress": MAIL }), json!({ "phoneNumber": PHONE }));
    let address = |country: &str, code: &str| json!({ "address": { "givenName": NAME, "familyName": NAME, "regionCode": country, "postalCode": code } });
    let member = |identifiers: Json| json!({ "userData": { "userIdentifiers": identifiers } });
    assert_eq!(
        script.bodies(),
        [json!({
            "destinations": destinations(), "encoding": "HEX",
            "termsOfService": { "customerMatchTermsOfServiceStatus": "ACCEPTED" },
            "audienceMembers": [member(json!([mail, phone, address("FR", "69001")])), member(json!([address("US", "94043")])), member(json!([mail]))],
        })]
    );
    let request = &script.requests()[0];
    assert_eq!(request.url, "https://datamanager.googleapis.com/v1/audienceMembers:ingest");
    assert_eq!((&request.credentials[..], &request.pace[..]), (&["login".to_owned()][..], &["ingest".to_owned()][..]));
    assert_eq!(told.receipt.all, Outcome::Pending);
    let refused: Vec<_> = told
        .receipt
        .except
        .iter()
        .map(|(row, outcome)| match outcome {
            Outcome::Rejected(reason) => (*row, reason.code.as_str(), reason.field.as_deref()),
            other => panic!("{other:?}"),
        })
        .collect();
    // A digest that is none shows an address that nobody hashed: it is not sent.
    assert_eq!(refused, [(3, code::NO_IDENTIFIER, Some("emailAddress")), (4, code::BAD_FORMAT, Some("emailAddress"))]);
}

#[test]
fn a_list_has_one_kind_of_identifiers() {
    for (key_type, name, data) in [
        ("mobile-id", "mobileId", json!({ "mobileData": { "mobileIds": ["x-1"] } })),
        ("user-id", "userId", json!({ "userIdData": { "userId": "x-1" } })),
    ] {
        let script_ = script(&format!(r#","key_type":"{key_type}""#)).answers(answer(200, TAKEN));
        let made = by(Made::new(), name, ["x-1".into(), "".into()]);
        let told = script_.rows(Operation::Add, &made, GoogleAds::write).expect("sent");
        assert!(matches!(&told.receipt.except[..], [(1, Outcome::Rejected(r))] if r.code == code::NO_IDENTIFIER), "{told:?}");
        let body = &script_.bodies()[0];
        assert_eq!(body["audienceMembers"], json!([data]));
        assert_eq!(body.get("encoding"), None, "{key_type} is not hashed");
        assert_eq!(body.get("termsOfService").is_some(), key_type == "mobile-id");
        // Whatever else is mapped is of another kind.
        for (options, made) in
            [("", made.clone()), (&*format!(r#","key_type":"{key_type}""#), by(made, "emailAddress", [MAIL.into(), null()]))]
        {
            let told = script(options).rows(Operation::Add, &made, GoogleAds::write);
            assert!(matches!(&told, Err(Halt::Config(r)) if r.field.as_deref() == Some("key_type")), "{told:?}");
        }
    }
}

#[test]
fn what_a_row_says_of_consent_counts_before_what_the_activation_says() {
    let made =
        consented(by(Made::new(), "emailAddress", [MAIL.into(), MAIL.into(), MAIL.into()]), [true.into(), false.into(), null()]);
    let script_ = script(r#","ad_user_data":"denied","ad_personalization":"granted""#).answers(answer(200, TAKEN));
    script_.rows(Operation::Add, &made, GoogleAds::write).expect("sent");
    let body = &script_.bodies()[0];
    let consent = |data: &str| json!({ "adUserData": data, "adPersonalization": "CONSENT_GRANTED" });
    assert_eq!(body["consent"], consent("CONSENT_DENIED"));
    let of_rows: Vec<_> = body["audienceMembers"].as_array().expect("members").iter().map(|m| m.get("consent").cloned()).collect();
    assert_eq!(of_rows, [Some(consent("CONSENT_GRANTED")), Some(consent("CONSENT_DENIED")), None]);
    // Nothing is said of what nobody says.
    let script_ = script(r#","ad_personalization":"unspecified""#).answers(answer(200, TAKEN));
    script_.rows(Operation::Add, &made, GoogleAds::write).expect("sent");
    let body = &script_.bodies()[0];
    assert_eq!(body.get("consent"), None);
    assert_eq!(body["audienceMembers"][0]["consent"], json!({ "adUserData": "CONSENT_GRANTED" }));
}

#[test]
fn who_leaves_is_removed_without_consent_or_terms() {
    let made = consented(by(Made::new(), "emailAddress", [MAIL.into()]), [true.into()]);
    let script_ = script(r#","ad_user_data":"granted""#).answers(answer(200, TAKEN));
    let told = script_.rows(Operation::Remove, &made, GoogleAds::write).expect("sent");
    assert_eq!(told.receipt.all, Outcome::Pending);
    let member = json!({ "userData": { "userIdentifiers": [{ "emailAddress": MAIL }] } });
    assert_eq!(script_.bodies(), [json!({ "destinations": destinations(), "encoding": "HEX", "audienceMembers": [member] })]);
    assert!(script_.requests()[0].url.ends_with("/v1/audienceMembers:remove"));
    let told = script("").rows(Operation::Upsert, &made, GoogleAds::write);
    assert!(matches!(&told, Err(Halt::Config(r)) if r.code == code::MODE_NOT_SUPPORTED), "{told:?}");
}
