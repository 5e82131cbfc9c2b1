//! Subscription states, set and read back.

use serde_json::{Value, json};
use sluice_twins::braze::SubscriptionState;

use crate::client::{Bench, EMAIL_GROUP, SMS_GROUP, send};

fn order(group: &str, state: &str, who: Value) -> Value {
    let mut order = json!({ "subscription_group_id": group, "subscription_state": state });
    for (name, list) in who.as_object().unwrap() {
        order[name] = list.clone();
    }
    order
}

async fn set(bench: &Bench, orders: Vec<Value>) -> (u16, Value) {
    send(bench.post("/v2/subscription/status/set", &json!({ "subscription_groups": orders }))).await
}

async fn with_people() -> Bench {
    let bench = Bench::start().await;
    bench
        .track(json!({ "attributes": [
            { "external_id": "C-1", "email": "one@example.com", "phone": "+33612345671" },
            { "external_id": "C-2", "email": "two@example.com", "phone": "+33612345672" }
        ] }))
        .await;
    bench
}

#[tokio::test]
async fn a_state_is_set_by_id_address_or_phone_and_the_unknown_are_ignored() {
    let bench = with_people().await;
    let orders = vec![
        order(EMAIL_GROUP, "subscribed", json!({ "external_ids": ["C-1", "C-404"] })),
        order(EMAIL_GROUP, "unsubscribed", json!({ "emails": ["TWO@example.com"] })),
        order(SMS_GROUP, "subscribed", json!({ "phones": ["+33612345672"] })),
    ];
    assert_eq!(set(&bench, orders).await, (201, json!({ "message": "success" })));
    let state = bench.twin.state();
    assert_eq!(state.subscription(EMAIL_GROUP, "C-1"), Some(SubscriptionState::Subscribed));
    assert_eq!(state.subscription(EMAIL_GROUP, "C-2"), Some(SubscriptionState::Unsubscribed));
    assert_eq!(state.subscription(SMS_GROUP, "C-2"), Some(SubscriptionState::Subscribed));
    assert_eq!(state.subscription(SMS_GROUP, "C-1"), None);
    assert_eq!(state.profiles().len(), 2, "nobody is made by a subscription");
    let tally = bench.twin.log().entries()[1].tally;
    assert_eq!((tally.objects, tally.applied, tally.ignored), (4, 3, 1));
}

#[tokio::test]
async fn fifty_people_pass_and_one_more_refuses_the_request() {
    let bench = with_people().await;
    let ids = |count: usize| (0..count).map(|n| format!("C-{n}")).collect::<Vec<_>>();
    for (count, want) in [(0, 400), (1, 201), (50, 201), (51, 400)] {
        let orders = vec![order(EMAIL_GROUP, "subscribed", json!({ "external_ids": ids(count) }))];
        assert_eq!(set(&bench, orders).await.0, want, "{count}");
    }
}

#[tokio::test]
async fn one_wrong_order_refuses_the_whole_request() {
    let bench = with_people().await;
    let good = order(EMAIL_GROUP, "subscribed", json!({ "external_ids": ["C-1"] }));
    let both = json!({ "emails": ["one@example.com"], "phones": ["+33612345671"] });
    for bad in [
        order("unknown", "subscribed", json!({ "external_ids": ["C-1"] })),
        order(EMAIL_GROUP, "opted_in", json!({ "external_ids": ["C-1"] })),
        order(EMAIL_GROUP, "subscribed", both.clone()),
        order(EMAIL_GROUP, "subscribed", json!({ "phones": ["+33612345671"] })),
        order(SMS_GROUP, "subscribed", json!({ "emails": ["one@example.com"] })),
        order(EMAIL_GROUP, "subscribed", json!({ "external_ids": "C-1" })),
        order(EMAIL_GROUP, "subscribed", json!({ "external_ids": [1] })),
        order(EMAIL_GROUP, "subscribed", json!({ "emails": ["one"] })),
        order(SMS_GROUP, "subscribed", json!({ "phones": ["0612345678"] })),
        order(SMS_GROUP, "subscribed", json!({ "external_ids": ["C-1"], "use_double_opt_in_logic": "yes" })),
        json!("C-1"),
    ] {
        assert_eq!(set(&bench, vec![good.clone(), bad.clone()]).await.0, 400, "{bad}");
    }
    let (_, answer) = set(&bench, vec![order(EMAIL_GROUP, "subscribed", both)]).await;
    assert_eq!(answer["message"], "Either an email address or a phone number should be provided, but not both.");
    assert_eq!(set(&bench, vec![]).await.0, 400);
    assert_eq!(bench.twin.state().subscription(EMAIL_GROUP, "C-1"), None, "nothing of a refused request is applied");
}

#[tokio::test]
async fn an_address_of_several_profiles_changes_them_all() {
    let bench = with_people().await;
    bench.track(json!({ "attributes": [{ "external_id": "C-3", "email": "one@example.com" }] })).await;
    set(&bench, vec![order(EMAIL_GROUP, "subscribed", json!({ "emails": ["one@example.com"] }))]).await;
    let state = bench.twin.state();
    assert_eq!(state.subscription(EMAIL_GROUP, "C-1"), Some(SubscriptionState::Subscribed));
    assert_eq!(state.subscription(EMAIL_GROUP, "C-3"), Some(SubscriptionState::Subscribed));
}

#[tokio::test]
async fn states_are_read_back() {
    let bench = with_people().await;
    set(&bench, vec![order(EMAIL_GROUP, "subscribed", json!({ "external_ids": ["C-1"] }))]).await;
    let get = |query: String| send(bench.get(&format!("/subscription/status/get?{query}")));
    let group = format!("subscription_group_id={EMAIL_GROUP}");
    assert_eq!(
        get(format!("{group}&external_id=C-1&external_id=C-2&external_id[]=C-404")).await,
        (200, json!({ "message": "success", "status": { "C-1": "Subscribed", "C-2": "Unknown", "C-404": "Unknown" } }))
    );
    let by_email = get(format!("{group}&email=one%40example.com")).await;
    assert_eq!(by_email.1["status"], json!({ "one@example.com": "Subscribed" }));
    let many = |count: usize| (0..count).map(|n| format!("&external_id=C-{n}")).collect::<String>();
    for (query, want) in [
        (group.clone(), 400),
        (format!("{group}{}", many(50)), 200),
        (format!("{group}{}", many(51)), 400),
        ("subscription_group_id=unknown&external_id=C-1".to_owned(), 400),
        ("external_id=C-1".to_owned(), 400),
    ] {
        assert_eq!(get(query.clone()).await.0, want, "{query}");
    }
}
