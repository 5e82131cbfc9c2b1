//! Members of lists and segments read back (*Remote segment*).

use serde_json::{Value, json};

use crate::client::{Bench, LIST, SEGMENT, ids, people, profile, send};

async fn with_people(count: usize) -> Bench {
    let bench = Bench::start().await;
    bench.imported(people(count), &[]).await;
    bench
}

/// Every page of a question, by `links.next` as it comes.
async fn every(bench: &Bench, path: &str) -> (Vec<Value>, Vec<usize>) {
    let (mut all, mut sizes, mut next) = (Vec::new(), Vec::new(), path.to_owned());
    loop {
        let answer = bench.read(&next).await;
        let page = answer["data"].as_array().unwrap();
        sizes.push(page.len());
        all.extend(page.iter().cloned());
        match answer["links"]["next"].as_str() {
            Some(link) => next = link.strip_prefix(bench.twin.url()).unwrap().to_owned(),
            None => {
                assert_eq!(answer["links"]["next"], Value::Null);
                return (all, sizes);
            }
        }
    }
}

/// "`GET /api/segments?filter=equals(is_active,true)` (10 per page) -> data[].id, attributes.name".
#[tokio::test]
async fn segments_are_listed() {
    let bench = Bench::start().await;
    let (_, active) = bench.ask("/api/segments", &[("filter", "equals(is_active,true)")]).await;
    assert_eq!(active["data"].as_array().unwrap().len(), 1);
    assert_eq!((&active["data"][0]["id"], &active["data"][0]["attributes"]["name"]), (&json!(SEGMENT), &json!("Engaged")));
    let (_, named) = bench.ask("/api/segments", &[("filter", "equals(name,'Old')"), ("fields[segment]", "is_active")]).await;
    assert_eq!(named["data"][0]["attributes"], json!({ "is_active": false }));
    let one = bench.read(&format!("/api/segments/{SEGMENT}")).await;
    assert_eq!((&one["data"]["type"], &one["data"]["id"]), (&json!("segment"), &json!(SEGMENT)));
    let more: Vec<Value> = (0..18).map(|n| json!({ "id": format!("S{n:05}"), "name": "s" })).collect();
    assert_eq!(bench.twin.seed("segments", more.into()), Ok(18));
    assert_eq!(every(&bench, "/api/segments").await.1, [10, 10]);
    for (path, want) in
        [("/api/segments/nobody", 404), ("/api/segments?filter=equals(colour,true)", 400), ("/api/segments?page[size]=11", 400)]
    {
        assert_eq!(send(bench.get(path)).await.0, want, "{path}");
    }
}

/// "fields[profile]=email,phone_number,external_id&page[size]=100"; "each item carries … joined_group_at".
#[tokio::test]
async fn members_of_a_segment_come_with_their_names_and_since_when() {
    let bench = with_people(2).await;
    let path = format!("/api/segments/{SEGMENT}/profiles?fields[profile]=email,phone_number,external_id&page[size]=100");
    let (members, _) = every(&bench, &path).await;
    let want = |n: u8| {
        json!({ "email": format!("u{n}@example.org"), "phone_number": null, "external_id": null,
            "joined_group_at": format!("2026-10-0{}T00:00:00.000000+00:00", n + 1) })
    };
    let got: Vec<&Value> = members.iter().map(|member| &member["attributes"]).collect();
    assert_eq!(got, [&want(0), &want(1)], "who has no profile is left out");
    let (ids, _) = every(&bench, &format!("/api/segments/{SEGMENT}/relationships/profiles?page[size]=100")).await;
    assert_eq!(ids[1], json!({ "type": "profile", "id": bench.id("u1@example.org") }));
}

/// "page 20 default, max 100"; "follow links.next verbatim … until null".
#[tokio::test]
async fn members_of_a_list_come_page_by_page() {
    let bench = with_people(250).await;
    let all: Vec<String> = (0..250).map(|n| bench.id(&format!("u{n}@example.org"))).collect();
    let members = format!("/api/lists/{LIST}/relationships/profiles");
    assert_eq!(every(&bench, &members).await, (Vec::new(), vec![0]));
    assert_eq!(send(bench.post(&members, &ids(&all))).await.0, 204);
    for (query, want) in [
        ("", vec![20; 12].into_iter().chain([10]).collect::<Vec<_>>()),
        ("?page[size]=100", vec![100, 100, 50]),
        ("?page[size]=50&sort=-joined_group_at", vec![50; 5]),
        ("?page%5Bsize%5D=100", vec![100, 100, 50]),
    ] {
        for path in [members.clone(), format!("/api/lists/{LIST}/profiles")] {
            let (found, sizes) = every(&bench, &format!("{path}{query}")).await;
            assert_eq!(sizes, want, "{path}{query}");
            let mut found: Vec<&str> = found.iter().map(|member| member["id"].as_str().unwrap()).collect();
            found.sort_unstable();
            found.dedup();
            assert_eq!(found.len(), 250, "each of them once");
        }
    }
    for query in ["page[size]=101", "page[size]=0", "page[cursor]=zz", "sort=email", "filter=equals(external_id,'a')"] {
        assert_eq!(send(bench.get(&format!("{members}?{query}"))).await.0, 400, "{query}");
    }
    for path in ["/api/lists/nobody/profiles", "/api/lists/nobody/relationships/profiles", "/api/segments/nobody/profiles"] {
        assert_eq!(send(bench.get(path)).await.0, 404, "{path}");
    }
}

/// "Incremental: filter greater-than(joined_group_at,…), sort=joined_group_at."
#[tokio::test]
async fn members_are_filtered_by_name_and_by_when_they_joined() {
    let bench = with_people(3).await;
    let path = format!("/api/segments/{SEGMENT}/profiles");
    for (filter, want) in [
        ("greater-than(joined_group_at,2026-10-02T00:00:00Z)", vec![2]),
        ("greater-or-equal(joined_group_at,2026-10-02T00:00:00Z)", vec![1, 2]),
        ("less-than(joined_group_at,2026-10-02T00:00:00Z)", vec![0]),
        ("less-or-equal(joined_group_at,2026-10-02T00:00:00Z),equals(email,'u1@example.org')", vec![1]),
        ("any(email,['u0@example.org','u2@example.org'])", vec![0, 2]),
        ("any(email,['x@example.org'])", vec![]),
    ] {
        let (status, answer) = bench.ask(&path, &[("filter", filter), ("sort", "joined_group_at")]).await;
        let found: Vec<&str> =
            answer["data"].as_array().unwrap().iter().map(|m| m["attributes"]["email"].as_str().unwrap()).collect();
        let want: Vec<String> = want.into_iter().map(|n: u8| format!("u{n}@example.org")).collect();
        assert_eq!((status, found), (200, want.iter().map(String::as_str).collect()), "{filter}");
    }
    let id = bench.id("u2@example.org");
    let (_, answer) = bench.ask(&path, &[("filter", &format!("equals(profile_id,'{id}')"))]).await;
    assert_eq!(answer["data"][0]["id"], json!(id));
}

#[tokio::test]
async fn who_joins_between_two_pages_neither_repeats_nor_hides_anybody() {
    let bench = with_people(40).await;
    let members = format!("/api/lists/{LIST}/relationships/profiles");
    let all: Vec<String> = (0..40).map(|n| bench.id(&format!("u{n}@example.org"))).collect();
    send(bench.post(&members, &ids(&all))).await;
    let first = bench.read(&members).await;
    send(bench.send_body(reqwest::Method::DELETE, &members, &ids(&all[..5]))).await;
    bench.imported(json!([profile(json!({ "external_id": "new" }))]), &[LIST]).await;
    let next = first["links"]["next"].as_str().unwrap().strip_prefix(bench.twin.url()).unwrap();
    let (rest, _) = every(&bench, next).await;
    let rest: Vec<&str> = rest.iter().map(|member| member["id"].as_str().unwrap()).collect();
    let mut want: Vec<String> = all[20..].to_vec();
    want.push(bench.id("new"));
    assert_eq!(rest, want);
}

/// Links lead to the host that was asked.
#[tokio::test]
async fn a_client_that_asks_the_vendor_is_led_to_the_vendor() {
    let bench = with_people(3).await;
    let path = format!("/api/segments/{SEGMENT}/profiles?page[size]=1");
    let (_, answer) = send(bench.get(&path).header("host", "a.klaviyo.com")).await;
    let next = answer["links"]["next"].as_str().unwrap();
    assert!(
        next.starts_with(&format!("https://a.klaviyo.com/api/segments/{SEGMENT}/profiles?page[size]=1&page%5Bcursor%5D=")),
        "{next}"
    );
    assert_eq!(answer["data"][0]["links"]["self"], format!("https://a.klaviyo.com/api/profiles/{}", bench.id("u0@example.org")));
}
