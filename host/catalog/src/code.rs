//! The one registry of codes: every non-success that a person, a program or a connector can meet.
//!
//! A code is kebab-case, stable for ever and never reused. Each has a class (who meets it), a title (what happened) and a next step
//! (what to do). `docs/errors/` has one page per code; a test compares the two lists. The cause is said where the code is used.

use std::{fmt, str::FromStr};

/// What kind of thing a code speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The warehouse or the files.
    Source,
    /// A model, segment, mapping or other declared object.
    Catalog,
    /// The platform or the connection to it.
    Destination,
    /// One row, refused by us before sending.
    RowInvalid,
    /// One row, refused by the platform.
    RowRejected,
    /// The component or the sandbox around it.
    Connector,
    /// The gate for outgoing requests.
    Egress,
    /// The life of a run.
    Run,
    /// Our own state on disk or in the database.
    State,
    /// The HTTP API and the command line.
    Api,
}

macro_rules! codes {
    ($($variant:ident $text:literal $class:ident, $title:literal, $next:literal;)*) => {
        /// A code of the registry.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs)] // title() and next_step() are the documentation
        pub enum Code { $($variant),* }

        impl Code {
            /// Every code, in the order of the registry.
            pub const ALL: &'static [Code] = &[$(Code::$variant),*];

            /// The stable text.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// What kind of thing it speaks of.
            pub fn class(self) -> Class {
                match self { $(Self::$variant => Class::$class),* }
            }

            /// One sentence without a full stop: what happened.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),* }
            }

            /// What the reader does now.
            pub fn next_step(self) -> &'static str {
                match self { $(Self::$variant => $next),* }
            }
        }
    };
}

codes! {
    SourceUnreachable "source-unreachable" Source, "The source cannot be reached", "Check that the folder or host exists and is readable by the account that runs Sluice, then test the source again.";
    SourceObjectMissing "source-object-missing" Source, "A table, file or column that is needed is not in the source", "Bring it back, or edit the model that uses it; `sluice preview` shows what the source has now.";
    SourceQueryFailed "source-query-failed" Source, "The source refused or failed the query", "Read the cause, correct the model's SQL or the data, and preview the model.";
    SourceAuth "source-auth" Source, "The source does not accept the user or the password", "Correct the user in the source's settings or set its password again, then test the source.";
    SourcePermission "source-permission" Source, "The source's user lacks a right", "Let a database administrator run the statements that the source's test prints, then test the source again.";
    SourceTlsFailed "source-tls-failed" Source, "No encrypted connection to the source that can be trusted", "Give the certificate of the server's authority in the grant, or accept a weaker setting of `tls` there.";
    SourceClientCertificate "source-client-certificate" Source, "The client certificate for the source cannot be used, or is not accepted", "Set the certificate and its private key again as PEM text, from an authority that the server trusts, then test the source.";
    SourceTunnelFailed "source-tunnel-failed" Source, "No SSH tunnel to the source", "Check that the bastion is up, reachable from this machine and allowed to forward to the database, then test the source.";
    SourceTunnelHostKey "source-tunnel-host-key" Source, "The bastion is not the one whose host key is pinned", "Compare the fingerprint of the cause with the one that the bastion's administrator reads on the machine itself; when they agree, put it into the source's settings as `ssh_fingerprint`.";
    SourceTunnelAuth "source-tunnel-auth" Source, "The bastion does not accept the user, the key or the password", "Correct `ssh_user` in the source's settings or set the credentials for the bastion again, then test the source.";
    SourceWriteRefused "source-write-refused" Source, "A statement would change the source", "Rewrite the model's SQL so that it only reads: every session of Sluice is read-only.";
    SourceInterrupted "source-interrupted" Source, "The connection to the source ended in the middle of a statement", "Nothing was sent of what was being read; run it again when the source is back.";
    SourceTimeout "source-timeout" Source, "The source took too long", "Narrow the model, or see what keeps the source busy.";
    SourceUnsupportedType "source-unsupported-type" Source, "A column has a type that Sluice does not read", "Cast the column in the model's SQL to one of the types that the cause lists.";
    SourceDamagedFile "source-damaged-file" Source, "A file of the source cannot be read", "Replace the file that the cause names; nothing was sent.";

    ModelBroken "model-broken" Catalog, "The model does not fit its source any more", "Open the model, see which field lost its column, and relink or remove the field.";
    SegmentBroken "segment-broken" Catalog, "The segment refers to something that is not there", "Open the segment; the culprit is named in the cause.";
    SegmentNotActive "segment-not-active" Catalog, "The segment is a draft or archived, and is not sent", "Set the segment's state to active, or let the activation send another one.";
    DuplicateKeys "duplicate-keys" Catalog, "Too many rows share a primary key", "Choose another key, or clean the source, then check duplicates again.";
    NullKeys "null-keys" Catalog, "Too many rows have no primary key", "Filter them out in the model's SQL, or choose another key.";
    MultipleStatements "multiple-statements" Catalog, "A model is one SELECT, and this is more than one statement", "Keep the one SELECT or WITH statement.";
    NotASelect "not-a-select" Catalog, "A model's SQL must be a SELECT", "Rewrite it as one SELECT or WITH statement.";
    SqlInvalid "sql-invalid" Catalog, "The SQL cannot be parsed", "Correct it at the place that the cause names.";
    DuplicateColumn "duplicate-column" Catalog, "Two columns of the query have one name, or one has none", "Give each column of the SELECT a name of its own with AS.";
    FieldUnknown "field-unknown" Catalog, "A field that is referred to is not in the model", "Use one of the fields that the cause lists.";
    FieldInvalid "field-invalid" Catalog, "A field is declared in a way that cannot work", "Correct the place that the pointer names.";
    OperatorNotForType "operator-not-for-type" Catalog, "The operator does not exist for a field of this type", "Choose an operator that the cause lists.";
    ValueInvalid "value-invalid" Catalog, "A value does not fit the field's type", "Correct the value at the position that the cause names.";
    ConditionTooDeep "condition-too-deep" Catalog, "The condition is nested too deeply or has too many parts", "Split it into two segments.";
    RelationshipInvalid "relationship-invalid" Catalog, "A relationship is declared in a way that cannot work", "Correct the place that the pointer names.";
    RelationshipUnknown "relationship-unknown" Catalog, "A condition follows a relationship that the model does not have", "Use one of the relationships that the cause lists.";
    RelatedInvalid "related-invalid" Catalog, "A condition on related rows is put together in a way that cannot work", "Correct the place that the pointer names.";
    FormulaInvalid "formula-invalid" Catalog, "A formula cannot be read, or its types do not go together", "Correct the formula at the line and column that the cause names.";
    CalculatedInvalid "calculated-invalid" Catalog, "A calculated field is declared in a way that cannot work", "Correct the place that the pointer names.";
    CalculatedCycle "calculated-cycle" Catalog, "Calculated fields are made of each other in a circle, or too many stand one upon the other", "Take one of the references that the cause names out.";
    SequenceInvalid "sequence-invalid" Catalog, "A sequence is put together in a way that cannot work", "Correct the place that the pointer names.";
    MemberInvalid "member-invalid" Catalog, "A condition names a segment that cannot be used here", "Choose a segment of the same model.";
    SegmentCycle "segment-cycle" Catalog, "Segments are made of each other in a circle", "Take one of the memberships that the cause names out of the circle.";
    NotCategorical "not-categorical" Catalog, "A breakdown is by categorical fields, and this is none", "Mark the field as categorical in its model, or choose a field that the cause lists.";
    TooManyValues "too-many-values" Catalog, "A field has too many different values for a breakdown", "Choose a field with fewer values, or group them in the model's SQL.";
    MappingRequiredField "mapping-required-field" Catalog, "A field that the platform requires is not mapped", "Map the field that the cause names.";
    MappingIdentifierMissing "mapping-identifier-missing" Catalog, "No identifier is mapped", "Map at least one of the identifiers that the cause lists.";
    MappingTargetIllegal "mapping-target-illegal" Catalog, "The platform does not allow this attribute name", "Rename the target as the cause says.";
    MappingTargetTwice "mapping-target-twice" Catalog, "Two mapped fields have one target", "Keep one of them.";
    MappingTypeMismatch "mapping-type-mismatch" Catalog, "A mapped field's type does not fit the target", "Map another field, or cast it in the model.";
    ModeNotSupported "mode-not-supported" Catalog, "The service does not offer this mode", "Choose a mode that the cause lists.";
    ServiceUnknown "service-unknown" Catalog, "The connector has no such service", "Choose a service that the cause lists.";
    SettingsInvalid "settings-invalid" Catalog, "A setting does not fit the connector's schema", "Correct the setting at the place that the pointer names.";
    CredentialMissing "credential-missing" Catalog, "A credential that the connector needs is not set", "Set the credential that the cause names.";

    DestAuth "dest-auth" Destination, "The platform does not accept the credential", "Enter a valid credential for the destination, then retry the run.";
    DestPermission "dest-permission" Destination, "The credential lacks a permission", "Grant the permission that the cause names at the platform, then retry the run.";
    DestNotConnected "dest-not-connected" Destination, "The destination is not connected to the platform", "Connect it: `sluice destinations connect <destination> <credential>`; runs that were paused go on by themselves.";
    DestClientRefused "dest-client-refused" Destination, "The platform gives this client no token", "Compare the client's id in the settings with the platform's, and enter its secret or its key file anew.";
    DestRateLimited "dest-rate-limited" Destination, "The platform asks to slow down", "Nothing to do: Sluice waits and goes on. If it happens all the time, lower the batch rate or ask the platform for more.";
    DestUnavailable "dest-unavailable" Destination, "The platform does not answer properly", "Nothing to do at once: the rows are kept and offered again by the next run. Look at the platform's status page if it goes on.";
    DestTimeout "dest-timeout" Destination, "The platform took too long to answer", "The rows concerned are listed as unknown or carried; they are offered again where a repeat is harmless.";
    DestObjectMissing "dest-object-missing" Destination, "The list, account or path is not there", "Check the destination's settings and the object at the platform.";
    DestConfig "dest-config" Destination, "The platform refuses the request because of how it is set up", "Correct the setting that the cause names.";
    DestQuota "dest-quota" Destination, "The platform's allowance is used up", "Wait for the reset that the cause names, or raise the allowance.";
    DestProtocol "dest-protocol" Destination, "The answer is not what the platform's interface promises", "Check that no proxy or captive portal answers in the platform's place.";
    DestBatchTooLarge "dest-batch-too-large" Destination, "The platform refuses the size of the batch", "Nothing to do: Sluice sends smaller batches. Lower the batch size of the activation if it happens often.";
    RemoteNotSupported "remote-not-supported" Destination, "The connector does not list the members of a segment", "Choose a destination whose connector declares `list-members`, or update the connector.";
    RemoteSegmentNotFound "remote-segment-not-found" Destination, "The platform has no segment with this id", "Check the segment's id at the platform, and that the credential may see it.";
    RemoteNotRead "remote-not-read" Catalog, "The members of a remote segment have not been read yet", "Read them: `sluice segment refresh`, or wait for its schedule.";
    RemoteShrunk "remote-shrunk" Destination, "A remote segment has lost more than half of its members", "Look at the platform. If this is right, refresh the segment and confirm it; the membership before is kept until then.";
    RemotePartial "remote-partial" Destination, "The members of a remote segment could not be read to their end", "Nothing to do: the membership before is kept, and the next refresh reads it anew.";

    NullPrimaryKey "null-primary-key" RowInvalid, "The row has no primary key", "Fill the key in the source.";
    DuplicatePrimaryKey "duplicate-primary-key" RowInvalid, "Several rows have this primary key", "Make the key unique in the source.";
    MissingRequired "missing-required" RowInvalid, "A required field has no value", "Fill the field in the source, or map a default.";
    NoIdentifier "no-identifier" RowInvalid, "The row has none of the mapped identifiers", "Fill an identifier in the source.";
    CastFailed "cast-failed" RowInvalid, "A value does not convert to the target's type", "Correct the value in the source.";
    TooLong "too-long" RowInvalid, "A value is longer than the platform allows", "Shorten the value in the source.";
    BadFormat "bad-format" RowInvalid, "A value has the wrong form", "Correct the value in the source.";
    TooOld "too-old" RowInvalid, "The event is older than the platform accepts", "Nothing to do: it cannot be sent any more.";
    TooLarge "too-large" RowInvalid, "The row is larger than one request may be", "Map fewer or shorter fields.";
    NothingToSend "nothing-to-send" RowInvalid, "After the null policy no field is left to send", "Nothing to do, or choose `clear` for fields that should be emptied.";

    RowRefused "row-refused" RowRejected, "The platform refuses the row", "Read the platform's message; correct the data or the mapping.";
    NotFoundInDestination "not-found-in-destination" RowRejected, "The platform does not know the record", "Create it there first, or use a mode that creates.";
    IdentifierInvalid "identifier-invalid" RowRejected, "The platform refuses the identifier", "Correct the identifier in the source.";
    DestFieldInvalid "dest-field-invalid" RowRejected, "The platform refuses a field's value", "Correct the value, or map another field.";
    RefusedUnnamed "refused-unnamed" RowRejected, "The platform refused some rows of the request and does not say which", "Look for them at the platform, or lower the batch size of the activation, so that fewer rows are in question.";
    StillSkipped "still-skipped" RowRejected, "The row was skipped before and has not changed", "Nothing to do. Where the platform knows the row by now, use `retry rejected`.";
    StillRejected "still-rejected" RowRejected, "The row was refused before and has not changed", "Correct the data or the mapping, or use `retry rejected`.";
    StillHeldByAnother "still-held-by-another" RowRejected, "Another record still holds the same identifier, so it stays in the list", "Nothing to do.";

    ConnectorTrap "connector-trap" Connector, "The connector crashed", "Update the connector, or report this to its author with the run's id.";
    ConnectorCpuLimit "connector-cpu-limit" Connector, "The connector used more processor time than allowed", "Report this to its author: a batch of rows never needs so much.";
    ConnectorWallLimit "connector-wall-limit" Connector, "A call into the connector took too long", "See whether the platform hangs; else report this to the connector's author.";
    ConnectorMemoryLimit "connector-memory-limit" Connector, "The connector asked for more memory than allowed", "Lower the batch size, or report this to its author.";
    ConnectorStackLimit "connector-stack-limit" Connector, "The connector recursed too deeply", "Report this to its author.";
    ConnectorTableLimit "connector-table-limit" Connector, "The connector asked for larger tables than allowed", "Report this to its author.";
    ConnectorHostCallLimit "connector-host-call-limit" Connector, "The connector made more calls to the host than allowed", "Report this to its author.";
    ConnectorNoRoom "connector-no-room" Connector, "The host has no room for one more connector instance", "Wait until other runs end, then run it again: the rows are kept.";
    ConnectorOutcomeCount "connector-outcome-count" Connector, "The connector did not give one outcome for each row", "The rows count as unknown. Report this to the connector's author.";
    ConnectorProtocol "connector-protocol" Connector, "The connector broke a rule of the contract", "Report this to its author.";
    ConnectorImportRefused "connector-import-refused" Connector, "The component imports something outside the contract", "Rebuild it with `sluice connector build`, without the import that the cause names.";
    ConnectorManifestInvalid "connector-manifest-invalid" Connector, "The connector's manifest is not valid", "Correct `connector.toml` at the place that the cause names.";
    ConnectorNotAComponent "connector-not-a-component" Connector, "The file is not a WebAssembly component", "Build it with `sluice connector build`.";
    ConnectorTooLarge "connector-too-large" Connector, "The component is larger than allowed", "Leave out what it does not need.";
    ConnectorWiderReach "connector-wider-reach" Connector, "The component asks for more than the build in use", "Look at what is new with `sluice connector inspect`; to accept it, install again with `--accept <digest>` (`?accept=<digest>` of the API) and the digest that the cause names.";
    ConnectorBuildFailed "connector-build-failed" Connector, "The connector could not be built", "Read the compiler's output above.";
    ConnectorNewFailed "connector-new-failed" Connector, "The folder of a new connector could not be made", "Choose a name in kebab-case and a folder that is not there yet.";
    ConnectorTestInvalid "connector-test-invalid" Connector, "The conformance suite could not begin", "Mend the plan, the stand-in or the manifest, as the cause says.";
    ConnectorNotConforming "connector-not-conforming" Connector, "The connector breaks a promise that every connector makes", "Read the lines marked BROKEN: each says what was expected and what came.";

    EgressHostNotListed "egress-host-not-listed" Egress, "The connector asked for a host it may not reach", "Update to a version whose manifest lists the host, and approve the new permission.";
    EgressMethodNotListed "egress-method-not-listed" Egress, "The connector used a method it may not use", "Update to a version whose manifest lists the method, and approve the new permission.";
    EgressPathNotListed "egress-path-not-listed" Egress, "The connector asked for a path it may not reach", "Update to a version whose manifest lists the path, and approve the new permission.";
    EgressUrlRefused "egress-url-refused" Egress, "The address is not in canonical form", "Report this to the connector's author.";
    EgressHeaderRefused "egress-header-refused" Egress, "A header that only the host may set, or with illegal bytes", "Report this to the connector's author.";
    EgressAddressRefused "egress-address-refused" Egress, "The name resolves to an address that is not on the public internet", "If the address is right, grant it by name to the destination.";
    EgressResolveFailed "egress-resolve-failed" Egress, "The name cannot be resolved", "Check the name and the machine's DNS.";
    EgressConnectFailed "egress-connect-failed" Egress, "No connection to the platform", "Check the network and the platform's status page.";
    EgressTlsFailed "egress-tls-failed" Egress, "The platform's certificate is not accepted", "Check whether a proxy intercepts the connection.";
    EgressTimeout "egress-timeout" Egress, "No complete answer in time", "See whether the platform is slow; the rows are treated by what a repeat would do.";
    EgressCut "egress-cut" Egress, "The connection ended before the answer was complete", "Nothing to do: the rows are treated by what a repeat would do.";
    EgressAnswerTooLarge "egress-answer-too-large" Egress, "The answer is larger than allowed", "Report this to the connector's author.";
    EgressAnswerEncoding "egress-answer-encoding" Egress, "The answer is compressed in a way that the host did not ask for", "Report this to the connector's author; the platform's answers have to be plain or gzip.";
    EgressRequestTooLarge "egress-request-too-large" Egress, "The request is larger than allowed", "Lower the batch size, or report this to the connector's author.";
    EgressCredentialRefused "egress-credential-refused" Egress, "A credential may not be used for this request", "Report this to the connector's author.";
    EgressPaceUnknown "egress-pace-unknown" Egress, "The request names a pacing bucket that the manifest does not have", "Report this to the connector's author.";
    EgressCancelled "egress-cancelled" Egress, "The run was stopped while the request was under way", "Nothing to do.";

    GuardEmptySource "guard-empty-source" Run, "The source gave no rows, and the last run had some", "Check the source. Then confirm the run if this is right, or discard it.";
    GuardMassRemoval "guard-mass-removal" Run, "The run would remove more rows than the guard allows", "Look at the counts and samples, then confirm or discard the run.";
    GuardMassChange "guard-mass-change" Run, "The run would change more rows than the guard allows", "Look at the counts and samples, then confirm or discard the run.";
    GuardRejectedShare "guard-rejected-share" Run, "The platform refuses too many rows", "Read the reasons, correct the mapping, then confirm to go on or discard.";
    ConfirmationExpired "confirmation-expired" Run, "Nobody confirmed the held run in time", "Start a new run.";
    ConfirmationMismatch "confirmation-mismatch" Run, "The confirmation names another diff than the one that is held", "Look at the run again and confirm with the hash shown there.";
    DryRun "dry-run" Run, "A dry run sends nothing", "Start a real run when the sample looks right.";
    RunCancelled "run-cancelled" Run, "The run was cancelled", "The rows not yet sent are offered again by the next run.";
    RunInterrupted "run-interrupted" Run, "The host stopped while the batch was under way", "Nothing to do: what a repeat makes harmless is sent again, the rest is listed as unknown.";
    RunOverlap "run-overlap" Run, "A run of this activation is under way", "Wait for it, or cancel it.";
    DestinationGaveUp "destination-gave-up" Run, "Too many batches failed in a row, so the run stopped", "Nothing is lost: the rows are offered again by the next run.";
    CarriedTooLong "carried-too-long" Run, "The row could not be delivered within the allowed days or runs", "Cure the cause, then use `retry`.";
    UnknownHeld "unknown-held" Run, "It is not known whether the event arrived, and a repeat would count twice", "Choose for the activation: hold, assume sent, or repeat.";

    LedgerDamaged "ledger-damaged" State, "A file of the ledger is damaged or missing", "Restore the state folder from a backup, or begin with an empty ledger: run the activation once with --new-ledger and --full-resync (sends every row), or, for events, with --new-ledger and --baseline (takes the present rows as delivered).";
    LedgerWrongKey "ledger-wrong-key" State, "A file of the ledger is sealed with another key", "Start Sluice with the master key that the state was made with.";
    LedgerVersion "ledger-version" State, "A file of the ledger was written by a newer version", "Start the version that wrote it, or a later one.";
    DiskFull "disk-full" State, "No room on the disk", "Free room, or move the state folder, then run again; nothing was lost.";
    StateIo "state-io" State, "A file of the state folder cannot be read or written", "Check the folder's rights and the disk.";
    StateInUse "state-in-use" State, "Another Sluice process uses this state folder", "Stop the other process, or start with another `--state`.";
    StateVersion "state-version" State, "The database was made by a newer version", "Start the version that wrote it, or a later one.";
    LeaseLost "lease-lost" State, "Another worker has taken the run over", "Nothing to do: the other worker finishes it.";
    StoreUnavailable "store-unavailable" State, "The database does not answer", "Check the database; sending pauses until it is back.";
    SealBroken "seal-broken" State, "Sealed data cannot be opened", "Start Sluice with the master key that sealed it.";

    ApiUnauthenticated "api-unauthenticated" Api, "The request has no valid API key", "Send `Authorization: Bearer <key>`; `sluice serve` prints the first key at its first start.";
    ApiForbidden "api-forbidden" Api, "The API key may not do this", "Use a key with the right role.";
    ApiNotFound "api-not-found" Api, "There is no such thing here", "Check the id and the workspace.";
    ApiMethodNotAllowed "api-method-not-allowed" Api, "The resource does not take this method", "See the API description at /v1/openapi.json.";
    ApiConflict "api-conflict" Api, "The state does not allow this now", "Read the cause; retry when the state has changed.";
    ApiInUse "api-in-use" Api, "Other objects depend on it", "Delete or change the dependants that the cause lists first.";
    ApiStale "api-stale" Api, "The object has changed since you read it", "Read it again and repeat the change with the new ETag.";
    ApiPreconditionRequired "api-precondition-required" Api, "A change must say which revision it is based on", "Send If-Match with the ETag that you read.";
    ApiIdempotencyMismatch "api-idempotency-mismatch" Api, "The Idempotency-Key was used with another body", "Use a new key for a new request.";
    ApiInvalid "api-invalid" Api, "Parts of the request are not valid", "Correct the places that `errors` names.";
    ApiBodyTooLarge "api-body-too-large" Api, "The request body is too large", "Send less in one request.";
    ApiUnsupportedMediaType "api-unsupported-media-type" Api, "The body's media type is not accepted", "Send the content type that the API description names.";
    ApiNameTaken "api-name-taken" Api, "Another object of this kind has this name", "Choose another name.";
    ApiBusy "api-busy" Api, "Too many requests of this kind are under way", "Wait as long as Retry-After says, then repeat the request.";
    ApiUnreachable "api-unreachable" Api, "The command line cannot reach the server", "Start it with `sluice serve`, or give its address with --url.";
    ConnectLinkSpent "connect-link-spent" Api, "The link to connect a destination is not good any more", "Ask for a new one: `sluice destinations connect <destination> <credential>`. A link is good for ten minutes, once, and not beyond a restart of the server.";
    ConnectOtherBrowser "connect-other-browser" Api, "The link was opened in another browser", "Go on in the browser that opened it first and accepts cookies, or ask for a new link.";
    ConnectDenied "connect-denied" Api, "The platform did not get the consent", "Ask for a new link and consent at the platform, with an account that may.";
    BundleInvalid "bundle-invalid" Api, "A file of the workspace cannot be read", "Correct the place that the cause names; nothing was sent to the server.";
    BundleVariableMissing "bundle-variable-missing" Api, "A file refers to an environment variable that is not set", "Set the variable that the cause names, then apply again.";
    BundleSecretInFile "bundle-secret-in-file" Api, "A secret stands in a file", "Write `${NAME}` in its place and set the variable NAME; then change the secret at the platform, because the file has seen it.";
    ListenFailed "listen-failed" Api, "The address cannot be listened on", "Choose another one with --listen, or stop the process that has it.";
    CheckoutMissing "checkout-missing" Api, "The sources of the project are not where this binary was built", "Run the command inside of a checkout: `cargo run --release -- demo`.";
    Internal "internal" Api, "A defect in Sluice", "Report it with the request id; nothing was changed by this request.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Code {
    /// What a failed write or read below the state folder is: no room, which a person can mend, or anything else. A quota that is used
    /// up, and a file that may not grow any more, are out of room like a full disk.
    pub fn of_io(kind: std::io::ErrorKind) -> Self {
        use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        if matches!(kind, StorageFull | QuotaExceeded | FileTooLarge) { Self::DiskFull } else { Self::StateIo }
    }
}

/// The text is not a code of the registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a code of the registry")]
pub struct UnknownCode;

impl FromStr for Code {
    type Err = UnknownCode;
    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or(UnknownCode)
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_room_has_a_code_of_its_own() {
        use std::io::{Error, ErrorKind};
        // ENOSPC, EDQUOT, EFBIG as the system says them.
        for number in [28, 122, 27] {
            assert_eq!(Code::of_io(Error::from_raw_os_error(number).kind()), Code::DiskFull, "{number}");
        }
        assert_eq!(Code::of_io(ErrorKind::PermissionDenied), Code::StateIo);
    }

    #[test]
    fn codes_are_unique_kebab_case_and_read_back() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            let text = code.as_str();
            assert!(seen.insert(text), "{text} twice");
            assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{text}");
            assert_eq!(text.parse(), Ok(*code));
            assert!(!code.title().ends_with('.') && code.next_step().ends_with('.'), "{text}");
        }
    }
}
