//! Overlaps of segments, and the segments that are made of their parts.

use std::collections::BTreeMap;

use arrow::array::StringArray;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sluice_catalog::{condition::Inside, ids::SegmentId, segment::Segment, types::DataType};
use sluice_query::{Analysis, Surroundings};

use crate::{
    shop::{NOW, Shop, id, segment},
    support::{Folder, array, at, group, table},
};

fn is(field: &str, value: &str) -> Value {
    json!([{ "field": field, "operator": "is", "value": value }])
}

#[tokio::test]
async fn every_combination_is_counted_and_its_segment_has_these_rows() {
    let ordered = [("2", "2026-11-01T10:00:00Z", None), ("3", "2026-11-01T10:00:00Z", None), ("9", "2026-11-01T10:00:00Z", None)];
    let bought = json!([{ "path": ["orders"], "quantifier": "any" }]);
    let shop = Shop::new(&ordered, &[])
        .await
        .with_segment(1, is("country", "FR"))
        .with_segment(2, bought)
        .with_segment(3, is("tier", "gold"));
    let segments: Vec<Segment> = shop.around.context.segments.values().cloned().collect();
    let overlap = shop.analysis().overlap(&segments).await.unwrap();
    assert_eq!((overlap.total, overlap.sizes.as_slice()), (5, [2, 2, 2].as_slice()));
    let parts: BTreeMap<Vec<bool>, u64> = overlap.parts.iter().map(|part| (part.inside.clone(), part.rows)).collect();
    let (yes, no) = (true, false);
    let want = [(vec![yes, no, yes], 1), (vec![yes, yes, no], 1), (vec![no, yes, yes], 1), (vec![no, no, no], 2)];
    assert_eq!(parts, want.into());
    assert_eq!(overlap.parts[0].rows, 2, "the largest part comes first");
    for part in &overlap.parts {
        let members: Vec<(SegmentId, Inside)> = (1_u64..)
            .zip(&part.inside)
            .map(|(number, inside)| (SegmentId::new(number, 1), if *inside { Inside::Yes } else { Inside::No }))
            .collect();
        let made = Segment::of_part("part", id(1), &members);
        assert_eq!(shop.query(&made.condition.root).await.count().await.unwrap(), part.rows, "{part:?}");
    }
    let pair = &overlap.pairs[0];
    assert_eq!((pair.of, pair.both, pair.shares, pair.jaccard), ([0, 1], 1, [0.5, 0.5], 1.0 / 3.0));
    assert_eq!(overlap.pairs.len(), 3);
}

#[tokio::test]
async fn five_segments_an_empty_one_and_one_with_a_limit() {
    let shop = Shop::new(&[], &[]).await;
    let limit = json!({ "keep": { "rows": 1 }, "order": { "field": { "id": "id" } } });
    let segments = [
        segment("all", json!([]), None),
        segment("first", json!([]), Some(limit)),
        segment("nobody", is("country", "IT"), None),
        segment("german", is("country", "DE"), None),
        segment("golden", is("tier", "gold"), None),
    ];
    let overlap = shop.analysis().overlap(&segments).await.unwrap();
    assert_eq!(overlap.sizes, [5, 1, 0, 2, 2]);
    assert_eq!(overlap.parts.iter().map(|part| part.rows).sum::<u64>(), 5);
    assert_eq!(overlap.pairs.len(), 10);
    let empty = overlap.pairs.iter().find(|pair| pair.of == [2, 3]).unwrap();
    assert_eq!((empty.both, empty.shares, empty.jaccard), (0, [0.0, 0.0], 0.0));
    // The sizes are those of the segments themselves.
    for (segment, size) in segments.iter().zip(&overlap.sizes).filter(|(segment, _)| segment.limit.is_none()) {
        assert_eq!(shop.query(&segment.condition.root).await.count().await.unwrap(), *size, "{}", segment.name);
    }
    let of_nobody =
        shop.analysis().overlap(&[segment("a", is("country", "IT"), None), segment("b", json!([]), None)]).await.unwrap();
    assert_eq!(of_nobody.parts.len(), 1);
    assert_eq!(shop.query(&group(json!([]))).await.count().await.unwrap(), 5);
}

/// Texts as keys, of which one repeats with other values and one is not there: what is counted is membership by key.
#[tokio::test]
async fn a_key_that_repeats_is_in_a_segment_with_all_its_rows() {
    let folder = Folder::new();
    let texts = |texts: Vec<Option<&str>>| array(StringArray::from(texts));
    let overlap = async |ids: Vec<Option<&str>>, countries: Vec<Option<&str>>| {
        folder.parquet("people.parquet", vec![("id", texts(ids)), ("country", texts(countries))]);
        let source = folder.open().await;
        let model = table("people", &[("id", DataType::String), ("country", DataType::String)]);
        let analysis = Analysis::new(Surroundings::default(), source, model, at(NOW), TimeZone::UTC);
        let overlap = analysis.overlap(&["FR", "DE"].map(|country| segment(country, is("country", country), None))).await.unwrap();
        (overlap.total, overlap.sizes, overlap.pairs[0].both)
    };
    let (fr, de) = (Some("FR"), Some("DE"));
    let once = overlap(vec![Some("a"), Some("b"), Some("c"), None], vec![fr, de, None, fr]).await;
    assert_eq!(once, (4, vec![1, 1], 0), "no key repeats, and the row without one is in no segment");
    let twice = overlap(vec![Some("a"), Some("a"), Some("c"), None, None], vec![fr, de, None, fr, de]).await;
    assert_eq!(twice, (5, vec![2, 2], 2), "both rows of a are in both segments");
}
