//! A platform that knows records by its own ids alone: what it tells is kept, and handed back when the record is spoken of again.

use serde_json::{Value, json};

use crate::{
    bulk::Platform,
    rig::{Rig, Sluice, end, tally},
    shop,
};

fn contacts() -> Value {
    shop::activation(
        "contacts",
        &json!({
            "destination": "bulk", "service": "contacts", "mode": "mirror",
            "mapping": { "fields": [
                { "target": "email", "role": "identifier", "value": { "field": "name" } },
                { "target": "plan", "value": { "field": "plan" } },
            ] },
        }),
    )
}

async fn accepts(sluice: &Sluice, rows: u32) {
    let run = sluice.run("contacts").await;
    assert_eq!((end(&run), tally(&run)), ("succeeded".to_owned(), format!("accepted {rows}")), "{run:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_changed_and_removed_by_the_id_that_the_platform_told_when_it_made_it() {
    let (rig, platform) = (Rig::new().await, Platform::start().await);
    shop::people(&rig, 1..=100, |_| "basic");
    let sluice = rig.sluice().await;
    platform.install(&sluice).await;
    sluice.apply(&platform.bundle(&rig, &[contacts()])).await;
    accepts(&sluice, 100).await;
    let made = platform.account().contacts.clone();
    assert_eq!(made.len(), 100);

    // What was told is on disk: another process hands it back.
    sluice.stop().await;
    let sluice = Sluice::start(&rig.state()).await;
    shop::people(&rig, 1..=100, |id| if id <= 50 { "gold" } else { "basic" });
    accepts(&sluice, 50).await;
    {
        let account = platform.account();
        assert_eq!(account.contacts.keys().collect::<Vec<_>>(), made.keys().collect::<Vec<_>>(), "nobody was made twice");
        assert_eq!(account.contacts.values().filter(|contact| contact["plan"] == "gold").count(), 50);
    }
    shop::people(&rig, 11..=100, |id| if id <= 50 { "gold" } else { "basic" });
    accepts(&sluice, 10).await;
    {
        let account = platform.account();
        let gone: Vec<_> =
            made.iter().filter(|(id, _)| !account.contacts.contains_key(*id)).map(|(_, c)| c["email"].clone()).collect();
        let mut names: Vec<String> = gone.iter().map(|name| name.as_str().unwrap().to_owned()).collect();
        names.sort_by_key(|name| name.rsplit(' ').next().unwrap().parse::<u32>().unwrap());
        assert_eq!(names, (1..=10).map(|id| format!("Person {id}")).collect::<Vec<_>>());
        assert_eq!(account.contacts.len(), 90);
    }
    sluice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_maps_the_platforms_own_ids() {
    let (rig, platform) = (Rig::new().await, Platform::start().await);
    shop::people(&rig, 1..=1, |_| "basic");
    let sluice = rig.sluice().await;
    platform.install(&sluice).await;
    let mut activation = contacts();
    let fields = activation["mapping"]["fields"].as_array_mut().unwrap();
    fields.push(json!({ "target": "contact_id", "role": "remote-id", "value": { "field": "id" } }));
    let answer = sluice.post("/apply", &platform.bundle(&rig, &[activation])).await;
    let places = answer.places();
    assert_eq!((answer.status, places.len()), (422, 1), "{places:?}");
    assert!(places[0].ends_with("/mapping/fields/2/role mapping-target-illegal"), "{places:?}");
    sluice.stop().await;
}
