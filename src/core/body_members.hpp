// The parts of a message's body and their members by their public names. One table for each part serves
// everything that goes through its members: writing, reading, measuring.
#pragma once

#include "core/message_body.hpp"

#include <string_view>
#include <tuple>
#include <type_traits>

namespace tickwire {

template <class Part, class Member>
struct named_member {
  std::string_view name;
  Member Part::* place;
};

// All but `further`. A text, number or list is always there, an optional one when it has a value, and a flag
// when it is true.
template <class Part>
inline constexpr auto members_of = nullptr;

template <>
inline constexpr auto members_of<media> = std::tuple{named_member{"id", &media::id},
                                                     named_member{"mimeType", &media::mime_type},
                                                     named_member{"sha256", &media::sha256},
                                                     named_member{"caption", &media::caption},
                                                     named_member{"filename", &media::filename},
                                                     named_member{"voice", &media::voice},
                                                     named_member{"animated", &media::animated}};

template <>
inline constexpr auto members_of<location> =
    std::tuple{named_member{"latitude", &location::latitude}, named_member{"longitude", &location::longitude},
               named_member{"name", &location::name}, named_member{"address", &location::address},
               named_member{"url", &location::url}};

template <>
inline constexpr auto members_of<contact_card> =
    std::tuple{named_member{"name", &contact_card::name}, named_member{"phones", &contact_card::phones},
               named_member{"emails", &contact_card::emails}, named_member{"urls", &contact_card::urls},
               named_member{"company", &contact_card::company}};

template <>
inline constexpr auto members_of<form_answer> =
    std::tuple{named_member{"name", &form_answer::name}, named_member{"value", &form_answer::value}};

template <>
inline constexpr auto members_of<choice> =
    std::tuple{named_member{"id", &choice::id}, named_member{"title", &choice::title},
               named_member{"description", &choice::description}};

template <>
inline constexpr auto members_of<form_reply> =
    std::tuple{named_member{"name", &form_reply::name}, named_member{"body", &form_reply::body},
               named_member{"response_json", &form_reply::response_json}};

template <>
inline constexpr auto members_of<call_permission> =
    std::tuple{named_member{"response", &call_permission::response},
               named_member{"response_source", &call_permission::response_source},
               named_member{"expiration_timestamp", &call_permission::expiration_timestamp},
               named_member{"is_permanent", &call_permission::is_permanent}};

template <>
inline constexpr auto members_of<interactive_reply> =
    std::tuple{named_member{"type", &interactive_reply::type},
               named_member{"button_reply", &interactive_reply::button_reply},
               named_member{"list_reply", &interactive_reply::list_reply},
               named_member{"nfm_reply", &interactive_reply::nfm_reply},
               named_member{"call_permission_reply", &interactive_reply::call_permission_reply}};

template <>
inline constexpr auto members_of<button_press> =
    std::tuple{named_member{"payload", &button_press::payload}, named_member{"text", &button_press::text}};

template <>
inline constexpr auto members_of<order_item> =
    std::tuple{named_member{"product_retailer_id", &order_item::product_retailer_id},
               named_member{"quantity", &order_item::quantity},
               named_member{"item_price", &order_item::item_price},
               named_member{"currency", &order_item::currency}};

template <>
inline constexpr auto members_of<order> =
    std::tuple{named_member{"catalog_id", &order::catalog_id}, named_member{"text", &order::text},
               named_member{"product_items", &order::product_items}};

template <>
inline constexpr auto members_of<system_notice> =
    std::tuple{named_member{"type", &system_notice::type},
               named_member{"body", &system_notice::body},
               named_member{"customer", &system_notice::customer},
               named_member{"wa_id", &system_notice::wa_id},
               named_member{"new_wa_id", &system_notice::new_wa_id},
               named_member{"user_id", &system_notice::user_id},
               named_member{"previous_user_id", &system_notice::previous_user_id},
               named_member{"parent_user_id", &system_notice::parent_user_id},
               named_member{"previous_parent_user_id", &system_notice::previous_parent_user_id}};

template <>
inline constexpr auto members_of<payment_amount> = std::tuple{
    named_member{"value", &payment_amount::value}, named_member{"offset", &payment_amount::offset}};

template <>
inline constexpr auto members_of<payment_transaction> =
    std::tuple{named_member{"id", &payment_transaction::id}, named_member{"type", &payment_transaction::type},
               named_member{"status", &payment_transaction::status}};

template <>
inline constexpr auto members_of<payment> =
    std::tuple{named_member{"state", &payment::state}, named_member{"reference_id", &payment::reference_id},
               named_member{"currency", &payment::currency}, named_member{"amount", &payment::amount},
               named_member{"transaction", &payment::transaction}};

template <>
inline constexpr auto members_of<welcome_message> = std::tuple{named_member{"text", &welcome_message::text}};

template <>
inline constexpr auto members_of<referral> =
    std::tuple{named_member{"source_url", &referral::source_url},
               named_member{"source_id", &referral::source_id},
               named_member{"source_type", &referral::source_type},
               named_member{"headline", &referral::headline},
               named_member{"body", &referral::body},
               named_member{"ref", &referral::ref},
               named_member{"ctwa_clid", &referral::ctwa_clid},
               named_member{"media_type", &referral::media_type},
               named_member{"image_url", &referral::image_url},
               named_member{"video_url", &referral::video_url},
               named_member{"thumbnail_url", &referral::thumbnail_url},
               named_member{"welcome_message", &referral::welcome_message}};

template <>
inline constexpr auto members_of<product> =
    std::tuple{named_member{"catalog_id", &product::catalog_id},
               named_member{"product_retailer_id", &product::product_retailer_id}};

template <class Part>
concept has_members = !std::is_null_pointer_v<std::remove_const_t<decltype(members_of<Part>)>>;

// visit(name, member) for each of them.
template <class Part, class Visit>
void each_member(Part& part, Visit visit) {
  std::apply([&](const auto&... one) { (visit(one.name, part.*one.place), ...); },
             members_of<std::remove_const_t<Part>>);
}

// The name of the message's member that a part is.
template <class Part>
inline constexpr std::string_view part_name = "";
template <>
inline constexpr std::string_view part_name<media> = "media";
template <>
inline constexpr std::string_view part_name<location> = "location";
template <>
inline constexpr std::string_view part_name<contact_cards> = "contacts";
template <>
inline constexpr std::string_view part_name<interactive_reply> = "interactive";
template <>
inline constexpr std::string_view part_name<form_answers> = "answers";
template <>
inline constexpr std::string_view part_name<button_press> = "button";
template <>
inline constexpr std::string_view part_name<order> = "order";
template <>
inline constexpr std::string_view part_name<system_notice> = "system";
template <>
inline constexpr std::string_view part_name<payment> = "payment";
template <>
inline constexpr std::string_view part_name<referral> = "referral";
template <>
inline constexpr std::string_view part_name<product> = "referredProduct";

} // namespace tickwire
