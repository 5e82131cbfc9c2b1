//! Answers that are packed files, unpacked by the host: what comes out, and where it ends.

use std::{
    io::{Cursor, Write},
    sync::Arc,
};

use flate2::{Compression, write::GzEncoder};
use rand::{SeedableRng, rngs::StdRng};
use sluice_catalog::contract::{AnswerTo, Body, Failure, Request, Response};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::{Spool, limits::*, testing::*};

fn options(method: CompressionMethod) -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(method)
}

/// An archive of these files; a name that ends with `/` is a folder.
fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (at, (name, content)) in files.iter().enumerate() {
        match name.strip_suffix('/') {
            Some(folder) => writer.add_directory(folder, SimpleFileOptions::default()).expect("memory"),
            None => {
                let method = if at % 2 == 0 { CompressionMethod::Deflated } else { CompressionMethod::Stored };
                writer.start_file(*name, options(method)).expect("memory");
                writer.write_all(content).expect("memory");
            }
        }
    }
    writer.finish().expect("memory").into_inner()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

/// What a request for `body` that says `unpack` brings, and the spool it may be in.
struct Brought {
    answer: Result<Response, Failure>,
    spool: Arc<Spool>,
    _root: tempfile::TempDir,
}

impl Brought {
    async fn of(head: &str, body: &[u8], unpack: &str, bytes_max: u32) -> Self {
        let head = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len());
        let (server, _) = Server::answering([head.as_bytes(), body].concat()).await;
        let root = tempfile::tempdir().expect("a folder");
        let spool = Arc::new(Spool::new(root.path(), &mut StdRng::seed_from_u64(1)).expect("a spool"));
        let pass = pass(&server.grant()).0.with_spool(Arc::clone(&spool));
        let attrs = vec![("unpack".to_owned(), unpack.to_owned())];
        let request = Request { answer: AnswerTo::Spool, answer_bytes_max: bytes_max, attrs, ..get("https://api.acme.example/") };
        Self { answer: gate().send(&pass, request, soon()).await, spool, _root: root }
    }

    async fn zip(body: &[u8], bytes_max: u32) -> Self {
        Self::of("200 OK", body, "zip", bytes_max).await
    }

    fn text(&self) -> String {
        let Body::Spooled(id) = self.answer.as_ref().expect("answered").body else { panic!("not spooled") };
        String::from_utf8(self.spool.read(id, 0, u32::MAX).expect("known")).expect("text")
    }

    fn failed(&self) -> (&str, bool) {
        let failure = self.answer.as_ref().expect_err("a failure");
        assert!(!failure.message.is_empty());
        (&failure.code, failure.sent)
    }
}

#[tokio::test]
async fn the_files_of_an_archive_follow_one_another_each_on_lines_of_its_own() {
    let long = "a line of the second file\n".repeat(20_000);
    let archive = zipped(&[("export/", b""), ("a.txt", b"one\ntwo"), ("b.txt", long.as_bytes()), ("none", b""), ("c", b"end")]);
    let brought = Brought::zip(&archive, u32::MAX).await;
    assert!(brought.text() == format!("one\ntwo\n{long}end"), "{}", brought.text().len());
    let answer = brought.answer.as_ref().expect("answered");
    assert_eq!((answer.truncated, &answer.attrs[..]), (false, &[("unpack".to_owned(), "zip".to_owned())][..]));
    assert!(answer.headers.iter().all(|(name, _)| name != "content-length"), "the packed length is nobody's");
    assert!(brought.spool.size(2).is_err() || brought.spool.size(1).is_err(), "the packed file is gone");
    assert_eq!(Brought::zip(&zipped(&[]), 10).await.text(), "", "an archive of nothing");
}

#[tokio::test]
async fn a_packed_stream_is_unpacked_however_it_travelled() {
    let file = gzip(b"one\ntwo\n");
    assert_eq!(Brought::of("200 OK", &file, "gzip", 100).await.text(), "one\ntwo\n");
    let twice = gzip(&file);
    let brought = Brought::of("200 OK\r\ncontent-encoding: gzip", &twice, "gzip", 100).await;
    assert_eq!(brought.text(), "one\ntwo\n");
    let archive = gzip(&zipped(&[("a", b"one\n")]));
    assert_eq!(Brought::of("200 OK\r\ncontent-encoding: gzip", &archive, "zip", 1_000).await.text(), "one\n");
    let cut = Brought::of("200 OK", &file[..file.len() - 3], "gzip", 100).await;
    assert_eq!(cut.failed(), ("egress-cut", true));
}

#[tokio::test]
async fn what_stands_there_instead_of_the_file_is_left_as_it_is() {
    let brought = Brought::of("404 Not Found", b"<Code>NoSuchKey</Code>", "zip", 1_000).await;
    assert_eq!(brought.text(), "<Code>NoSuchKey</Code>");
    assert_eq!(brought.answer.as_ref().expect("answered").attrs, []);
}

#[tokio::test]
async fn a_secret_in_a_packed_file_is_scrubbed_like_any_other() {
    let archive = zipped(&[("a", b"you said k-3c/yT+w== to us")]);
    assert_eq!(Brought::zip(&archive, 1_000).await.text(), "you said [credential] to us");
}

#[tokio::test]
async fn an_archive_is_cut_at_the_size_and_refused_by_its_ratio_or_by_what_is_in_it() {
    let zeros = vec![0; 6_000_000];
    let bomb = zipped(&[("a", &zeros)]);
    assert!(bomb.len() < 10_000);
    let brought = Brought::zip(&bomb, 500_000).await;
    assert_eq!((brought.text().len(), brought.answer.as_ref().expect("answered").truncated), (500_000, true));
    assert_eq!(Brought::zip(&bomb, u32::MAX).await.failed(), ("egress-answer-too-large", true));

    let named = |count: usize, name: &str| -> Vec<u8> {
        let names: Vec<String> = (0..count).map(|n| format!("{n}{name}")).collect();
        zipped(&names.iter().map(|name| (name.as_str(), &b""[..])).collect::<Vec<_>>())
    };
    assert_eq!(Brought::zip(&named(ZIP_ENTRIES_MAX, ""), u32::MAX).await.text(), "");
    assert_eq!(Brought::zip(&named(ZIP_ENTRIES_MAX + 1, ""), u32::MAX).await.failed(), ("egress-answer-too-large", true));
    let long = "n".repeat(ZIP_DIRECTORY_BYTES_MAX as usize / 1_000);
    assert_eq!(Brought::zip(&named(1_000, &long), u32::MAX).await.failed(), ("egress-answer-too-large", true));
    let packed = zipped(&[("a", b""), ("b", &vec![b'x'; ZIP_DIRECTORY_BYTES_MAX as usize + 5_000])]);
    assert_eq!(Brought::zip(&packed, 5_000).await.failed(), ("egress-answer-too-large", true), "larger than what it may hold");
}

#[tokio::test]
async fn damage_and_forms_that_nobody_unpacks_are_failures_that_count_as_sent() {
    let good = zipped(&[("a", b"some text that is packed, and packed, and packed"), ("b", b"stored")]);
    assert_eq!(Brought::zip(b"no archive at all", 1_000).await.failed(), ("egress-cut", true));
    assert_eq!(Brought::zip(b"", 1_000).await.failed(), ("egress-cut", true));
    assert_eq!(Brought::zip(&good[..good.len() - 30], 1_000).await.failed(), ("egress-cut", true));
    let mut wrong = good.clone();
    let at = wrong.windows(6).position(|w| w == b"stored").expect("stored as it is");
    wrong[at] = b'S';
    assert_eq!(Brought::zip(&wrong, 1_000).await.failed(), ("egress-cut", true), "its checksum says so");
    let mut other = good;
    // The method of the first entry, in its own header and in the list: 12 is bzip2.
    for (magic, method) in [(&b"PK\x03\x04"[..], 8), (b"PK\x01\x02", 10)] {
        let header = other.windows(4).position(|w| w == magic).expect("a header");
        other[header + method] = 12;
    }
    assert_eq!(Brought::zip(&other, 1_000).await.failed(), ("egress-answer-encoding", true));
}

#[tokio::test]
async fn a_packing_that_this_host_does_not_know_is_refused_before_anything_leaves() {
    let (server, seen) = Server::answering(ok("x")).await;
    let attrs = vec![("unpack".to_owned(), "7z".to_owned())];
    let failure = gate().send(&pass(&server.grant()).0, Request { attrs, ..get("https://api.acme.example/") }, soon()).await;
    let failure = failure.expect_err("refused");
    assert_eq!((failure.code.as_str(), failure.sent), ("connector-protocol", false));
    assert!(seen.lock().expect("not poisoned").is_empty());
}
