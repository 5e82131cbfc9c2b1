//! End-to-end tests and benchmarks: the whole of Sluice from outside, as an operator's program sees it.
//!
//! There is no code here; `tests/e2e` has the tests, `src/bin` the processes that they start and the benchmark.
