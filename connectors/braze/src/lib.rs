//! sluice-connector-braze
