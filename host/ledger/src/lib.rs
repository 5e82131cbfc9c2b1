//! sluice-ledger
