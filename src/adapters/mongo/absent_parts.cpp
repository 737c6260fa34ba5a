// Parts of libmongoc that this program goes without: signing in with Kerberos (SASL), and passwords for
// MongoDB with letters beyond ASCII (ICU, for SASLprep). libmongoc asks these functions only for those, and
// then says that it could not sign in.

// ICU's names end with its version.
#define JOINED(name, version) name##_##version
#define JOIN(name, version) JOINED(name, version)
#define ICU_NAME(name) JOIN(name, ICU_VERSION)

namespace {
constexpr int sasl_fail = -1;
constexpr int icu_unsupported = 16; // U_UNSUPPORTED_ERROR
} // namespace

extern "C" {

int sasl_client_init(const void*) { return 0; }
void sasl_client_done() {}
void sasl_set_mutex(void*, void*, void*, void*) {}
void sasl_dispose(void**) {}
int sasl_client_new(const char*, const char*, const char*, const char*, const void*, unsigned, void**) {
  return sasl_fail;
}
int sasl_client_start(void*, const char*, void**, const char**, unsigned*, const char**) { return sasl_fail; }
int sasl_client_step(void*, const char*, unsigned, void**, const char**, unsigned*) { return sasl_fail; }
const char** sasl_global_listmech() { return nullptr; }
const char* sasl_errdetail(void*) { return "this program was built without Kerberos"; }
const char* sasl_errstring(int, const char*, const char**) {
  return "this program was built without Kerberos";
}

void* ICU_NAME(u_strFromUTF8)(void*, int, int*, const char*, int, int* error) {
  *error = icu_unsupported;
  return nullptr;
}
void* ICU_NAME(u_strToUTF8)(char*, int, int*, const void*, int, int* error) {
  *error = icu_unsupported;
  return nullptr;
}
void* ICU_NAME(usprep_openByType)(int, int* error) {
  *error = icu_unsupported;
  return nullptr;
}
int ICU_NAME(usprep_prepare)(const void*, const void*, int, void*, int, int, void*, int* error) {
  *error = icu_unsupported;
  return 0;
}
void ICU_NAME(usprep_close)(void*) {}

#define ABSENT(name)                                                                                         \
  void* name() { return nullptr; }
ABSENT(mongocrypt_binary_data)
ABSENT(mongocrypt_binary_destroy)
ABSENT(mongocrypt_binary_len)
ABSENT(mongocrypt_binary_new)
ABSENT(mongocrypt_binary_new_from_data)
ABSENT(mongocrypt_crypt_shared_lib_version_string)
ABSENT(mongocrypt_ctx_datakey_init)
ABSENT(mongocrypt_ctx_decrypt_init)
ABSENT(mongocrypt_ctx_destroy)
ABSENT(mongocrypt_ctx_encrypt_init)
ABSENT(mongocrypt_ctx_explicit_decrypt_init)
ABSENT(mongocrypt_ctx_explicit_encrypt_init)
ABSENT(mongocrypt_ctx_finalize)
ABSENT(mongocrypt_ctx_kms_done)
ABSENT(mongocrypt_ctx_mongo_done)
ABSENT(mongocrypt_ctx_mongo_feed)
ABSENT(mongocrypt_ctx_mongo_op)
ABSENT(mongocrypt_ctx_new)
ABSENT(mongocrypt_ctx_next_kms_ctx)
ABSENT(mongocrypt_ctx_provide_kms_providers)
ABSENT(mongocrypt_ctx_rewrap_many_datakey_init)
ABSENT(mongocrypt_ctx_setopt_algorithm)
ABSENT(mongocrypt_ctx_setopt_contention_factor)
ABSENT(mongocrypt_ctx_setopt_key_alt_name)
ABSENT(mongocrypt_ctx_setopt_key_encryption_key)
ABSENT(mongocrypt_ctx_setopt_key_id)
ABSENT(mongocrypt_ctx_setopt_key_material)
ABSENT(mongocrypt_ctx_setopt_query_type)
ABSENT(mongocrypt_ctx_state)
ABSENT(mongocrypt_ctx_status)
ABSENT(mongocrypt_destroy)
ABSENT(mongocrypt_init)
ABSENT(mongocrypt_kms_ctx_bytes_needed)
ABSENT(mongocrypt_kms_ctx_endpoint)
ABSENT(mongocrypt_kms_ctx_feed)
ABSENT(mongocrypt_kms_ctx_get_kms_provider)
ABSENT(mongocrypt_kms_ctx_message)
ABSENT(mongocrypt_kms_ctx_status)
ABSENT(mongocrypt_new)
ABSENT(mongocrypt_setopt_append_crypt_shared_lib_search_path)
ABSENT(mongocrypt_setopt_bypass_query_analysis)
ABSENT(mongocrypt_setopt_encrypted_field_config_map)
ABSENT(mongocrypt_setopt_kms_providers)
ABSENT(mongocrypt_setopt_log_handler)
ABSENT(mongocrypt_setopt_schema_map)
ABSENT(mongocrypt_setopt_set_crypt_shared_lib_path_override)
ABSENT(mongocrypt_setopt_use_need_kms_credentials_state)
ABSENT(mongocrypt_status)
ABSENT(mongocrypt_status_code)
ABSENT(mongocrypt_status_destroy)
ABSENT(mongocrypt_status_message)
ABSENT(mongocrypt_status_new)

} // extern "C"
