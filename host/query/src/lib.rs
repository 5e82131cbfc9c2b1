//! sluice-query
