//! What people ask about a segment: funnel, why, breakdown, overlap.

use serde_json::json;

use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_is_looked_into_from_every_side() {
    let shop = Shop::new().await;
    // A second segment of the same people, and a field to break down by.
    let file = shop.rig.path("workspace/data.yaml");
    let text = std::fs::read_to_string(&file)
        .unwrap()
        .replace("- { id: country, type: string }", "- { id: country, type: string, categorical: true }");
    let second = "
  - name: first ten
    model: people
    condition:
      version: 1
      root:
        op: and
        children:
          - { field: id, operator: is-not, value: undefined }
          - { field: id, operator: starts-with, value: P00 }
          - disabled: { segment: french people, in: yes }
";
    std::fs::write(&file, format!("{}{second}", text.trim_end().to_owned() + "\n")).unwrap();
    shop.sluice(&["apply", "workspace"]).ended(0);

    let told = [
        shop.sluice(&["segment", "funnel", "first ten"]).ended(0),
        shop.sluice(&["segment", "why", "first ten", "P007"]).ended(0),
        shop.sluice(&["segment", "why", "french people", "P007"]).ended(0),
        shop.sluice(&["segment", "why", "french people", "P999"]).ended(0),
        shop.sluice(&["segment", "breakdown", "first ten", "country", "--compare"]).ended(0),
        shop.sluice(&["segment", "breakdown", "french people", "country", "--csv"]).ended(0),
        shop.sluice(&["segment", "overlap", "first ten", "french people"]).ended(0),
    ];
    insta::assert_snapshot!(told.map(|text| text.trim_end().to_owned()).join("\n\n"));

    let made =
        shop.sluice(&["--json", "segment", "overlap", "first ten", "french people", "--part", "1", "--save", "largest"]).json(0);
    let preview = shop.sluice(&["--json", "preview", "largest", "--sample", "0"]).json(0);
    assert_eq!(preview["count"], made["parts"][0]["rows"]);
    assert_eq!(preview["kind"], json!("segment"));
    assert!(shop.sluice(&["segment", "trend", "largest"]).ended(0).starts_with("Nothing was computed yet"));
    shop.sluice(&["segment", "trend", "largest", "--now"]).ended(0);
    // French people beyond the first ten: P010 and P040 are gone from the source.
    shop.people(11..=39, |at| if at % 2 == 0 { "FR" } else { "DE" });
    let trend = shop.sluice(&["--json", "segment", "trend", "largest", "--now"]).json(0);
    let numbers = |at: usize| ["size", "entered", "left"].map(|part| trend["items"][at][part].as_u64());
    assert_eq!(
        (preview["count"].as_u64(), numbers(0), numbers(1)),
        (Some(16), [Some(14), Some(0), Some(2)], [Some(16), None, None])
    );
    let refused = shop.sluice(&["segment", "overlap", "first ten", "french people", "--part", "9", "--save", "none"]).refused();
    assert!(refused.contains("The overlap has no part 9."), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_the_field_and_what_there_is() {
    let shop = Shop::applied().await;
    let refused = shop.sluice(&["segment", "breakdown", "french people", "name"]).refused();
    insta::assert_snapshot!(shop.rig.masked(&refused));
}
