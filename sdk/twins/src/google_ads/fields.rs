//! The names that requests may have, message by message, as the vendor's protos have them: a field's type, then its name; members of one
//! `oneof` share the word before a bar. A test holds both lists against the protos. What the names mean is not said here.

/// Messages of Data Manager v1 that a request of the twin's endpoints can hold, and their enums.
pub const DATA_MANAGER: &str = "
IngestAudienceMembersRequest: repeated Destination destinations, repeated AudienceMember audience_members, Consent consent, bool validate_only, Encoding encoding, EncryptionInfo encryption_info, TermsOfService terms_of_service
RemoveAudienceMembersRequest: repeated Destination destinations, repeated AudienceMember audience_members, bool validate_only, Encoding encoding, EncryptionInfo encryption_info
RemoveAllAudienceMembersRequest: repeated Destination destinations, Timestamp remove_as_of_time, bool validate_only
IngestEventsRequest: repeated Destination destinations, repeated Event events, Consent consent, bool validate_only, Encoding encoding, EncryptionInfo encryption_info
Destination: string reference, ProductAccount login_account, ProductAccount linked_account, ProductAccount operating_account, string product_destination_id
ProductAccount: Product product, string account_id, AccountType account_type
AudienceMember: repeated string destination_references, data|UserData user_data, data|PairData pair_data, data|MobileData mobile_data, data|UserIdData user_id_data, data|PpidData ppid_data, data|CompositeData composite_data, data|GoogleUserIdData google_user_id_data, data|PartnerProvidedIdData partner_provided_id_data, Consent consent
PairData: repeated string pair_ids
MobileData: repeated string mobile_ids
UserIdData: string user_id
PpidData: repeated string ppids
CompositeData: UserData user_data, repeated IpData ip_data
IpData: string ip_address, Timestamp observe_start_time, Timestamp observe_end_time
GoogleUserIdData: repeated string google_user_ids
PartnerProvidedIdData: repeated string partner_provided_ids
Consent: ConsentStatus ad_user_data, ConsentStatus ad_personalization
TermsOfService: TermsOfServiceStatus customer_match_terms_of_service_status
EncryptionInfo: wrapped_key|GcpWrappedKeyInfo gcp_wrapped_key_info, wrapped_key|AwsWrappedKeyInfo aws_wrapped_key_info, wrapped_key|CoordinatorKeyInfo coordinator_key_info
GcpWrappedKeyInfo: KeyType key_type, string wip_provider, string kek_uri, string encrypted_dek
AwsWrappedKeyInfo: KeyType key_type, string role_arn, string kek_uri, string encrypted_dek
CoordinatorKeyInfo: string key_id
UserData: repeated UserIdentifier user_identifiers
UserIdentifier: identifier|string email_address, identifier|string phone_number, identifier|AddressInfo address
AddressInfo: string given_name, string family_name, string region_code, string postal_code, string address_line, string city, string administrative_area
Event: repeated string destination_references, string transaction_id, Timestamp event_timestamp, Timestamp last_updated_timestamp, UserData user_data, Consent consent, AdIdentifiers ad_identifiers, string currency, double conversion_value, double conversion_count, EventSource event_source, DeviceInfo event_device_info, CartData cart_data, repeated CustomVariable custom_variables, repeated ExperimentalField experimental_fields, UserProperties user_properties, string event_name, string client_id, string user_id, repeated EventParameter additional_event_parameters, UserData third_party_user_data, EventLocation event_location, string app_instance_id
AdIdentifiers: string session_attributes, string gclid, string gbraid, string wbraid, DeviceInfo landing_page_device_info, string mobile_device_id, string dclid, string impression_id, string match_id, repeated EncryptedUserId encrypted_user_ids
EncryptedUserId: string encrypted_id, EncryptionEntityType entity_type, int64 entity_id, EncryptionSource source
DeviceInfo: string user_agent, string ip_address, string category, string language_code, int32 screen_height, int32 screen_width, string operating_system, string operating_system_version, string model, string brand, string browser, string browser_version
CartData: string merchant_id, string merchant_feed_label, string merchant_feed_language_code, double transaction_discount, repeated Item items, repeated string coupon_codes
Item: string merchant_product_id, int64 quantity, double unit_price, string item_id, repeated ItemParameter additional_item_parameters, string merchant_id, string merchant_feed_label, string merchant_feed_language_code, double conversion_value, repeated ItemCustomVariable custom_variables
ItemParameter: string parameter_name, string value
ItemCustomVariable: string variable, string value, repeated string destination_references
CustomVariable: string variable, string value, repeated string destination_references
ExperimentalField: string field, string value
UserProperties: CustomerType customer_type, CustomerValueBucket customer_value_bucket, repeated UserProperty additional_user_properties
UserProperty: string property_name, string value
EventParameter: string parameter_name, string value
EventLocation: string store_id, string city, string subdivision_code, string region_code, string subcontinent_code, string continent_code
UserList: string name, int64 id, bool read_only, string display_name, string description, MembershipStatus membership_status, string integration_code, Duration membership_duration, ClosingReason closing_reason, AccessReason access_reason, AccessStatus account_access_status, SizeInfo size_info, TargetNetworkInfo target_network_info, user_list_info|IngestedUserListInfo ingested_user_list_info
SizeInfo: int64 display_network_members_count, int64 search_network_members_count, int64 youtube_members_count, int64 gmail_members_count
TargetNetworkInfo: bool eligible_for_display, bool eligible_for_search
IngestedUserListInfo: repeated UploadKeyType upload_key_types, ContactIdInfo contact_id_info, MobileIdInfo mobile_id_info, UserIdInfo user_id_info, PairIdInfo pair_id_info, PseudonymousIdInfo pseudonymous_id_info, PartnerAudienceInfo partner_audience_info
ContactIdInfo: DataSourceType data_source_type, int32 match_rate_percentage
MobileIdInfo: DataSourceType data_source_type, KeySpace key_space, string app_id
UserIdInfo: DataSourceType data_source_type
PairIdInfo: int64 publisher_id, string publisher_name, int32 match_rate_percentage, int64 advertiser_identifier_count, string clean_room_identifier
PseudonymousIdInfo: SyncStatus sync_status, int64 billable_record_count
PartnerAudienceInfo: PartnerAudienceSource partner_audience_source, string commerce_partner
enum Encoding: ENCODING_UNSPECIFIED, HEX, BASE64
enum Product: PRODUCT_UNSPECIFIED, GOOGLE_ADS, DISPLAY_VIDEO_PARTNER, DISPLAY_VIDEO_ADVERTISER, DATA_PARTNER
enum AccountType: ACCOUNT_TYPE_UNSPECIFIED, GOOGLE_ADS, DISPLAY_VIDEO_PARTNER, DISPLAY_VIDEO_ADVERTISER, DATA_PARTNER, GOOGLE_ANALYTICS_PROPERTY, GOOGLE_AD_MANAGER_AUDIENCE_LINK, FLOODLIGHT_CONFIG
enum ConsentStatus: CONSENT_STATUS_UNSPECIFIED, CONSENT_GRANTED, CONSENT_DENIED
enum TermsOfServiceStatus: TERMS_OF_SERVICE_STATUS_UNSPECIFIED, ACCEPTED, REJECTED
enum KeyType: KEY_TYPE_UNSPECIFIED, XCHACHA20_POLY1305
enum EventSource: EVENT_SOURCE_UNSPECIFIED, WEB, APP, IN_STORE, PHONE, MESSAGE, OTHER
enum EncryptionEntityType: ENCRYPTION_ENTITY_TYPE_UNSPECIFIED, CAMPAIGN_MANAGER_ACCOUNT, CAMPAIGN_MANAGER_ADVERTISER, DISPLAY_VIDEO_PARTNER, DISPLAY_VIDEO_ADVERTISER, GOOGLE_ADS_CUSTOMER, GOOGLE_AD_MANAGER_NETWORK_CODE
enum EncryptionSource: ENCRYPTION_SOURCE_UNSPECIFIED, AD_SERVING, DATA_TRANSFER
enum CustomerType: CUSTOMER_TYPE_UNSPECIFIED, NEW, RETURNING, REENGAGED
enum CustomerValueBucket: CUSTOMER_VALUE_BUCKET_UNSPECIFIED, LOW, MEDIUM, HIGH
enum MembershipStatus: MEMBERSHIP_STATUS_UNSPECIFIED, OPEN, CLOSED
enum ClosingReason: CLOSING_REASON_UNSPECIFIED, UNUSED
enum AccessReason: ACCESS_REASON_UNSPECIFIED, OWNED, SHARED, LICENSED, SUBSCRIBED, AFFILIATED
enum AccessStatus: ACCESS_STATUS_UNSPECIFIED, ENABLED, DISABLED
enum UploadKeyType: UPLOAD_KEY_TYPE_UNSPECIFIED, CONTACT_ID, MOBILE_ID, USER_ID, PAIR_ID, PSEUDONYMOUS_ID
enum DataSourceType: DATA_SOURCE_TYPE_UNSPECIFIED, DATA_SOURCE_TYPE_FIRST_PARTY, DATA_SOURCE_TYPE_THIRD_PARTY_CREDIT_BUREAU, DATA_SOURCE_TYPE_THIRD_PARTY_VOTER_FILE, DATA_SOURCE_TYPE_THIRD_PARTY_PARTNER_DATA
enum KeySpace: KEY_SPACE_UNSPECIFIED, IOS, ANDROID
enum SyncStatus: SYNC_STATUS_UNSPECIFIED, CREATED, READY_FOR_USE, FAILED
enum PartnerAudienceSource: PARTNER_AUDIENCE_SOURCE_UNSPECIFIED, COMMERCE_AUDIENCE, LINEAR_TV_AUDIENCE, AGENCY_PROVIDER_AUDIENCE
";

/// The same of Google Ads v25. `SearchGoogleAdsRequest` and the two enums of conversions (environment, customer) are not among the
/// vendor's files that the test sees, `CrmBasedUserListInfo` neither; a list that is written has the fields here and no others.
pub const GOOGLE_ADS: &str = "
UploadConversionAdjustmentsRequest: string customer_id, repeated ConversionAdjustment conversion_adjustments, bool partial_failure, bool validate_only, int32 job_id
ConversionAdjustment: GclidDateTimePair gclid_date_time_pair, string order_id, string conversion_action, string adjustment_date_time, ConversionAdjustmentType adjustment_type, RestatementValue restatement_value, repeated UserIdentifier user_identifiers, string user_agent
RestatementValue: double adjusted_value, string currency_code
GclidDateTimePair: string gclid, string conversion_date_time
UploadClickConversionsRequest: string customer_id, repeated ClickConversion conversions, bool partial_failure, bool validate_only, int32 job_id
UploadCallConversionsRequest: string customer_id, repeated CallConversion conversions, bool partial_failure, bool validate_only
ClickConversion: string gclid, string gbraid, string wbraid, string conversion_action, string conversion_date_time, double conversion_value, string currency_code, string order_id, ExternalAttributionData external_attribution_data, repeated CustomVariable custom_variables, CartData cart_data, repeated UserIdentifier user_identifiers, ConversionEnvironment conversion_environment, Consent consent, ConversionCustomerType customer_type, string user_ip_address, session_attributes|bytes session_attributes_encoded, session_attributes|SessionAttributesKeyValuePairs session_attributes_key_value_pairs
CallConversion: string caller_id, string call_start_date_time, string conversion_action, string conversion_date_time, double conversion_value, string currency_code, repeated CustomVariable custom_variables, Consent consent
ExternalAttributionData: double external_attribution_credit, string external_attribution_model
CustomVariable: string conversion_custom_variable, string value
CartData: int64 merchant_id, string feed_country_code, string feed_language_code, double local_transaction_cost, repeated Item items
Item: string product_id, int32 quantity, double unit_price
SessionAttributesKeyValuePairs: repeated SessionAttributeKeyValuePair key_value_pairs
SessionAttributeKeyValuePair: string session_attribute_key, string session_attribute_value
UserIdentifier: UserIdentifierSource user_identifier_source, identifier|string hashed_email, identifier|string hashed_phone_number, identifier|string mobile_id, identifier|string third_party_user_id, identifier|OfflineUserAddressInfo address_info
OfflineUserAddressInfo: string hashed_first_name, string hashed_last_name, string city, string state, string country_code, string postal_code, string hashed_street_address
Consent: ConsentStatus ad_user_data, ConsentStatus ad_personalization
CreateOfflineUserDataJobRequest: string customer_id, OfflineUserDataJob job, bool validate_only, bool enable_match_rate_range_preview
OfflineUserDataJob: string resource_name, int64 id, int64 external_id, OfflineUserDataJobType type, OfflineUserDataJobStatus status, OfflineUserDataJobFailureReason failure_reason, OfflineUserDataJobMetadata operation_metadata, metadata|CustomerMatchUserListMetadata customer_match_user_list_metadata, metadata|StoreSalesMetadata store_sales_metadata
CustomerMatchUserListMetadata: string user_list, Consent consent
AddOfflineUserDataJobOperationsRequest: string resource_name, bool enable_partial_failure, bool enable_warnings, repeated OfflineUserDataJobOperation operations, bool validate_only
OfflineUserDataJobOperation: operation|UserData create, operation|UserData remove, operation|bool remove_all
UserData: repeated UserIdentifier user_identifiers, TransactionAttribute transaction_attribute, UserAttribute user_attribute, Consent consent
RunOfflineUserDataJobRequest: string resource_name, bool validate_only
MutateUserListsRequest: string customer_id, repeated UserListOperation operations, bool partial_failure, bool validate_only
UserListOperation: FieldMask update_mask, operation|UserList create, operation|UserList update, operation|string remove
UserList: string resource_name, string name, string description, string integration_code, int64 membership_life_span, UserListMembershipStatus membership_status, user_list|CrmBasedUserListInfo crm_based_user_list
CrmBasedUserListInfo: string app_id, CustomerMatchUploadKeyType upload_key_type, UserListCrmDataSourceType data_source_type
SearchGoogleAdsRequest: string customer_id, string query, string page_token, bool validate_only
enum ConversionAdjustmentType: UNSPECIFIED, UNKNOWN, RETRACTION, RESTATEMENT, ENHANCEMENT
enum ConversionEnvironment: UNSPECIFIED, UNKNOWN, APP, WEB
enum ConversionCustomerType: UNSPECIFIED, UNKNOWN, NEW, RETURNING
enum ConsentStatus: UNSPECIFIED, UNKNOWN, GRANTED, DENIED
enum UserIdentifierSource: UNSPECIFIED, UNKNOWN, FIRST_PARTY, THIRD_PARTY
enum OfflineUserDataJobType: UNSPECIFIED, UNKNOWN, STORE_SALES_UPLOAD_FIRST_PARTY, STORE_SALES_UPLOAD_THIRD_PARTY, CUSTOMER_MATCH_USER_LIST, CUSTOMER_MATCH_WITH_ATTRIBUTES
enum OfflineUserDataJobStatus: UNSPECIFIED, UNKNOWN, PENDING, RUNNING, SUCCESS, FAILED
enum OfflineUserDataJobFailureReason: UNSPECIFIED, UNKNOWN, INSUFFICIENT_MATCHED_TRANSACTIONS, INSUFFICIENT_TRANSACTIONS, HIGH_AVERAGE_TRANSACTION_VALUE, LOW_AVERAGE_TRANSACTION_VALUE, NEWLY_OBSERVED_CURRENCY_CODE
enum CustomerMatchUploadKeyType: UNSPECIFIED, UNKNOWN, CONTACT_INFO, CRM_ID, MOBILE_ADVERTISING_ID
enum UserListCrmDataSourceType: UNSPECIFIED, UNKNOWN, FIRST_PARTY, THIRD_PARTY_CREDIT_BUREAU, THIRD_PARTY_VOTER_FILE
enum UserListMembershipStatus: UNSPECIFIED, UNKNOWN, OPEN, CLOSED
";
