use super::*;
use proptest::prelude::*;
use sluice_catalog::Code;

fn again(attempt: u32, rows_max: u32) -> Next {
    Next::Again(Again { attempt, rows_max, due_ms: 0, in_doubt: false, why: Why::ours(Code::DestUnavailable, "503") })
}

fn cut_all(p: &mut Progress, rows_max: u32) -> Vec<Cut> {
    let mut cuts = Vec::new();
    while let Some(cut) = p.cut(0, rows_max, 0) {
        p.apply(&Event::Cut(cut.clone()));
        cuts.push(cut);
    }
    cuts
}

#[test]
fn fresh_rows_are_cut_in_order_and_once() {
    let mut p = Progress::new([160]);
    let cuts = cut_all(&mut p, 75);
    assert_eq!(
        cuts.iter().map(|c| (c.batch, c.attempt, c.ranges.clone())).collect::<Vec<_>>(),
        [(1, 1, vec![(0, 75)]), (2, 1, vec![(75, 75)]), (3, 1, vec![(150, 10)]),]
    );
}

#[test]
fn refused_rows_of_a_batch_come_again_and_the_others_do_not() {
    let mut p = Progress::new([75]);
    cut_all(&mut p, 75);
    p.apply(&Event::Settled { batch: 1, all: Next::End(Verdict::ACCEPTED), except: vec![(3, again(2, 75)), (74, again(2, 75))] });
    assert_eq!(p.tally().accepted, 73);
    assert!(!p.phase_done(0));
    let cuts = cut_all(&mut p, 75);
    assert_eq!(cuts, [Cut { batch: 2, phase: 0, attempt: 2, ranges: vec![(3, 1), (74, 1)] }]);
    // The exceptions of a batch of several ranges are counted over the ranges.
    let no = Next::End(Verdict::new(Word::Rejected, Why::ours(Code::RowRefused, "no")));
    p.apply(&Event::Settled { batch: 2, all: Next::End(Verdict::ACCEPTED), except: vec![(1, no)] });
    assert!(p.phase_done(0));
    assert_eq!(p.phases[0].judged.get(74).map(|v| v.word), Some(Word::Rejected));
    assert_eq!(p.phases[0].judged.get(3).map(|v| v.word), Some(Word::Accepted));
}

#[test]
fn a_batch_refused_as_a_whole_is_halved_until_the_bad_row_stands_alone() {
    let mut p = Progress::new([64]);
    let bad = 37;
    let mut requests = 0;
    while let Some(cut) = p.cut(0, 64, 0) {
        p.apply(&Event::Cut(cut.clone()));
        requests += 1;
        let holds_bad = cut.ranges.iter().any(|(s, l)| (*s..s + u64::from(*l)).contains(&bad));
        let all = match (holds_bad, cut.rows()) {
            (false, _) => Next::End(Verdict::ACCEPTED),
            (true, 1) => Next::End(Verdict::new(Word::Rejected, Why::ours(Code::RowRefused, "no"))),
            (true, n) => again(1, n.div_ceil(2)),
        };
        p.apply(&Event::Settled { batch: cut.batch, all, except: vec![] });
    }
    assert_eq!(p.phases[0].judged.get(bad).map(|v| v.word), Some(Word::Rejected));
    assert_eq!((p.tally().accepted, p.tally().rejected), (63, 1));
    assert!(requests <= 13, "{requests} requests for 2 × log2(64) halves");
}

#[test]
fn rows_wait_until_they_are_due() {
    let mut p = Progress::new([10]);
    cut_all(&mut p, 10);
    let later = Again { attempt: 2, rows_max: 10, due_ms: 500, in_doubt: false, why: Why::ours(Code::DestRateLimited, "429") };
    p.apply(&Event::Settled { batch: 1, all: Next::Again(later), except: vec![] });
    assert_eq!((p.cut(0, 10, 499), p.next_due_ms(0)), (None, Some(500)));
    assert!(p.cut(0, 10, 500).is_some());
}

#[test]
fn after_a_kill_a_batch_under_way_goes_again_where_that_is_harmless_and_is_unknown_where_not() {
    for (harmless, word) in [(true, None), (false, Some(Word::Unknown))] {
        let mut p = Progress::new([10]);
        let cut = cut_all(&mut p, 10).remove(0);
        p.apply(&Progress::interrupted(&cut, harmless, 0));
        assert_eq!(p.phases[0].judged.get(0).map(|v| v.word), word);
        assert_eq!(p.cut(0, 10, 0).map(|c| (c.attempt, c.ranges)), harmless.then(|| (2, vec![(0, 10)])));
    }
}

#[test]
fn giving_up_leaves_no_row_without_a_word() {
    let mut p = Progress::new([100, 50]);
    let cut = p.cut(0, 60, 0).expect("rows");
    p.apply(&Event::Cut(cut));
    let doubt = Again { attempt: 2, rows_max: 60, due_ms: 0, in_doubt: true, why: Why::ours(Code::EgressTimeout, "") };
    p.apply(&Event::Settled { batch: 1, all: Next::End(Verdict::ACCEPTED), except: vec![(5, Next::Again(doubt))] });
    p.give_up(&Why::ours(Code::DestAuth, "401"));
    let t = p.tally();
    assert_eq!((t.accepted, t.unknown, t.carried, t.total()), (59, 1, 90, 150));
}

proptest! {
    /// I8: whatever happens in whatever order, each row is in exactly one place, and replaying the events gives the same state.
    #[test]
    fn every_row_is_in_one_place_and_a_replay_gives_the_same_state(
        rows in 1u64..200,
        steps in proptest::collection::vec((0u8..4, 1u32..40, proptest::collection::btree_map(0u32..40, 0u8..4, 0..5)), 0..60),
    ) {
        let mut live = Progress::new([rows]);
        let mut events = Vec::new();
        let next = |v: u8, attempt: u32, n: u32| match v {
            0 => Next::End(Verdict::ACCEPTED),
            1 => Next::End(Verdict::new(Word::Rejected, Why::ours(Code::RowRefused, "no"))),
            2 => again(attempt + 1, 40),
            _ => again(attempt, n.div_ceil(2)),
        };
        for (what, n, except) in steps {
            let event = if what < 2 {
                let Some(cut) = live.cut(0, n, 0) else { continue };
                Event::Cut(cut)
            } else {
                let Some(cut) = live.open.values().next().cloned() else { continue };
                let except = except.into_iter().filter(|(i, _)| *i < cut.rows()).map(|(i, v)| (i, next(v, cut.attempt, cut.rows()))).collect();
                Event::Settled { batch: cut.batch, all: next(what, cut.attempt, cut.rows()), except }
            };
            live.apply(&event);
            events.push(event);
            let p = &live.phases[0];
            let open: u64 = live.open.values().map(|c| u64::from(c.rows())).sum();
            let waiting: u64 = p.again.iter().map(|(_, l, _)| l).sum();
            prop_assert_eq!((rows - p.fresh) + open + waiting + live.tally().total(), rows);
        }
        let mut replayed = Progress::new([rows]);
        events.iter().for_each(|e| replayed.apply(e));
        prop_assert_eq!(replayed, live);
    }
}
