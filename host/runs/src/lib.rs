//! sluice-runs
