use super::*;
use proptest::prelude::*;
use sluice_catalog::{Code, contract::Ticket};

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

fn ticket(token: u8) -> Ticket {
    Ticket { token: vec![token], poll_after_ms: 1_000, give_up_after_ms: 60_000 }
}

fn waiting(batch: u32, all: Next, except: Vec<(u32, Next)>, at_ms: i64) -> Event {
    Event::Waiting { batch, all, except, ticket: ticket(batch as u8), at_ms }
}

#[test]
fn a_row_that_has_its_outcome_keeps_it_when_its_batch_is_asked_after() {
    let mut p = Progress::new([20]);
    cut_all(&mut p, 10);
    let no = Next::End(Verdict::new(Word::Rejected, Why::ours(Code::RowRefused, "no")));
    p.apply(&waiting(1, Next::Pending, vec![(3, no), (4, again(2, 10))], 0));
    p.apply(&Event::Settled { batch: 2, all: Next::End(Verdict::ACCEPTED), except: vec![] });
    let t = p.tally();
    assert_eq!((t.accepted, t.rejected, t.pending), (10, 1, 8));
    assert!(!p.round_written(0), "a row of the batch is to be sent again first");
    let cuts = cut_all(&mut p, 10);
    assert_eq!(cuts, [Cut { batch: 3, phase: 0, attempt: 2, ranges: vec![(4, 1)] }]);
    p.apply(&Event::Settled { batch: 3, all: Next::End(Verdict::ACCEPTED), except: vec![] });
    assert!(p.round_written(0) && !p.phase_done(0));
    // The answer speaks of all ten rows; two of them are spoken for.
    p.apply(&Event::Settled {
        batch: 1,
        all: again(2, 10),
        except: vec![(0, Next::End(Verdict::ACCEPTED)), (3, Next::End(Verdict::ACCEPTED))],
    });
    assert_eq!((p.tally().rejected, p.tally().accepted, p.waiting.len()), (1, 12, 0));
    assert_eq!(cut_all(&mut p, 10)[0].ranges, [(1, 2), (5, 5)]);
}

#[test]
fn the_times_of_a_ticket_count_from_finish_and_its_end_stays_when_it_is_renewed() {
    let mut p = Progress::new([10]);
    p.apply(&Event::Prepared { phase: 0, state: vec![] });
    cut_all(&mut p, 10);
    p.apply(&waiting(1, Next::Pending, vec![], 0));
    let times = |p: &Progress| (p.waiting[&1].due_ms, p.waiting[&1].until_ms());
    assert_eq!(times(&p), (1_000, 60_000));
    p.apply(&Event::Finished { phase: 0, at_ms: 90_000 });
    assert_eq!(times(&p), (91_000, 150_000), "no job of ours is late before it was started");
    p.apply(&waiting(1, Next::Pending, vec![], 95_000));
    assert_eq!(times(&p), (96_000, 150_000));
    assert!(p.in_round(0));
    p.apply(&Event::Settled { batch: 1, all: Next::End(Verdict::ACCEPTED), except: vec![] });
    assert!(p.phase_done(0) && !p.in_round(0));
}

#[test]
fn a_full_house_of_waiting_batches_is_finished_before_more_is_sent() {
    let max = limits::WAITING_BATCHES_MAX as u32;
    let mut p = Progress::new([u64::from(max) + 1]);
    for batch in 1..=max {
        assert!(!p.round_written(0), "{batch}");
        let cut = p.cut(0, 1, 0).expect("a row is fresh");
        p.apply(&Event::Cut(cut));
        p.apply(&waiting(batch, Next::Pending, vec![], 0));
    }
    assert_eq!(p.cut(0, 1, 0), None);
    assert!(p.round_written(0));
    p.apply(&Event::Settled { batch: 1, all: Next::End(Verdict::ACCEPTED), except: vec![] });
    assert!(p.cut(0, 1, 0).is_some());
}

#[test]
fn giving_up_leaves_what_the_platform_works_on_in_doubt() {
    let mut p = Progress::new([30]);
    let cut = p.cut(0, 10, 0).expect("rows");
    p.apply(&Event::Cut(cut));
    p.apply(&waiting(1, Next::Pending, vec![(0, Next::End(Verdict::ACCEPTED))], 0));
    p.give_up(&Why::ours(Code::RunCancelled, "stop"));
    let t = p.tally();
    assert_eq!((t.accepted, t.unknown, t.carried, t.pending), (1, 9, 20, 0));
}

fn session(rows: u64) -> Progress {
    let mut p = Progress::new([rows]);
    p.phases[0].replaces = true;
    p.apply(&Event::Prepared { phase: 0, state: vec![] });
    p
}

#[test]
fn a_part_keeps_its_number_until_it_is_taken_and_the_last_one_is_the_one_behind_which_nothing_is_left() {
    let mut p = session(20);
    let cut = |p: &mut Progress| {
        let cut = p.cut(0, 8, 0).expect("a row is left");
        p.apply(&Event::Cut(cut.clone()));
        cut
    };
    let mut seen = Vec::new();
    for all in [Next::End(Verdict::ACCEPTED), again(2, 8), again(2, 4), Next::End(Verdict::ACCEPTED), Next::End(Verdict::ACCEPTED)]
    {
        let cut = cut(&mut p);
        assert!(!p.may_follow(0, 0), "one after the other");
        seen.push((cut.rows(), p.seal(0)));
        p.apply(&Event::Settled { batch: cut.batch, all, except: vec![] });
    }
    let last = cut(&mut p);
    seen.push((last.rows(), p.seal(0)));
    p.apply(&Event::Settled { batch: last.batch, all: Next::End(Verdict::ACCEPTED), except: vec![] });
    assert_eq!(
        seen,
        [(8, (1, false)), (8, (2, false)), (8, (2, false)), (4, (2, false)), (4, (3, false)), (4, (4, true))],
        "rows, number, last"
    );
    assert!(p.phase_done(0) && p.broken_session(0).is_none());
}

#[test]
fn a_row_that_waits_to_go_again_goes_before_the_next_part() {
    let mut p = session(20);
    let cut = p.cut(0, 10, 0).expect("rows");
    p.apply(&Event::Cut(cut));
    let later = Again { attempt: 2, rows_max: 10, due_ms: 500, in_doubt: false, why: Why::ours(Code::DestRateLimited, "429") };
    p.apply(&Event::Settled { batch: 1, all: Next::Again(later), except: vec![] });
    assert!(!p.may_follow(0, 499) && p.may_follow(0, 500));
}

#[test]
fn of_a_session_that_breaks_off_nobody_knows_what_is_there() {
    let mut p = session(20);
    let cut = p.cut(0, 10, 0).expect("rows");
    p.apply(&Event::Cut(cut));
    let no = Next::End(Verdict::new(Word::Rejected, Why::ours(Code::RowRefused, "no")));
    p.apply(&Event::Settled { batch: 1, all: Next::End(Verdict::ACCEPTED), except: vec![(0, no)] });
    assert!(p.broken_session(0).is_none());
    let mut broken = p.clone();
    broken.give_up(&Why::ours(Code::DestAuth, "401"));
    let t = broken.tally();
    assert_eq!((t.accepted, t.rejected, t.unknown, t.carried), (0, 1, 9, 10));
    let doubt = Next::End(Verdict::new(Word::Unknown, Why::ours(Code::EgressTimeout, "no answer")));
    let cut = p.cut(0, 10, 0).expect("rows");
    p.apply(&Event::Cut(cut));
    p.apply(&Event::Settled { batch: 2, all: doubt, except: vec![] });
    assert_eq!(p.broken_session(0).map(|why| why.code.as_str()), Some("egress-timeout"));
}

proptest! {
    /// I8: whatever happens in whatever order, each row is in exactly one place, and replaying the events gives the same state.
    #[test]
    fn every_row_is_in_one_place_and_a_replay_gives_the_same_state(
        rows in 1u64..200,
        steps in proptest::collection::vec((0u8..7, 1u32..40, proptest::collection::btree_map(0u32..40, 0u8..5, 0..5)), 0..60),
    ) {
        let mut live = Progress::new([rows]);
        let mut events = Vec::new();
        let next = |v: u8, attempt: u32, n: u32| match v {
            0 => Next::End(Verdict::ACCEPTED),
            1 => Next::End(Verdict::new(Word::Rejected, Why::ours(Code::RowRefused, "no"))),
            2 => again(attempt + 1, 40),
            3 => again(attempt, n.div_ceil(2)),
            _ => Next::Pending,
        };
        for (what, n, except) in steps {
            let event = if what < 2 {
                let Some(cut) = live.cut(0, n, 0) else { continue };
                Event::Cut(cut)
            } else {
                let waits = live.waiting.values().next().map(|w| w.cut.clone()).filter(|_| what > 4);
                let Some(cut) = waits.or_else(|| live.open.values().next().cloned()) else { continue };
                let (batch, all) = (cut.batch, next(what.min(4), cut.attempt, cut.rows()));
                let named = except.into_iter().filter(|(i, _)| *i < cut.rows());
                let except: Vec<_> = named.map(|(i, v)| (i, next(v, cut.attempt, cut.rows()))).collect();
                if all == Next::Pending || except.iter().any(|(_, next)| *next == Next::Pending) {
                    waiting(batch, all, except, i64::from(n))
                } else {
                    Event::Settled { batch, all, except }
                }
            };
            live.apply(&event);
            events.push(event);
            let p = &live.phases[0];
            let open: u64 = live.open.values().map(|c| u64::from(c.rows())).sum();
            let due: u64 = p.again.iter().map(|(_, l, _)| l).sum();
            prop_assert_eq!((rows - p.fresh) + open + due + live.tally().total(), rows);
            let waits: u32 = live.waiting.values().map(|w| w.cut.rows()).sum();
            prop_assert!(u64::from(waits) >= live.tally().pending, "every pending row has a batch to ask with");
        }
        let mut replayed = Progress::new([rows]);
        events.iter().for_each(|e| replayed.apply(e));
        prop_assert_eq!(replayed, live);
    }
}
