// What the readers of the Gateway API's kinds share. Private to the read_gateway_api….cpp files.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

/// Says what is wrong with a hostname of a listener or a route: it is a lower-case RFC 1123 name,
/// with or without "*." in front, and no address.
void check_hostname(Reading& in, const Text& host);
/// The name of a listener, or a sectionName; an empty one is somebody else's business.
void check_section(Reading& in, const Text& name);
/// Fields that may be left out, but not be "".
void refuse_empty(Fields& field, std::initializer_list<std::string_view> keys);
/// One with nothing but its defaults.
api::Reference reference(std::string_view group, std::string_view kind, std::string_view ns);
/// `to` has its defaults, without their places.
void read_reference(Fields& field, api::Reference& to);
/// A parentRef of an object in namespace `ns`. False when it has no name.
bool read_parent(Fields& field, api::ParentRef& parent, const std::string& ns);
/// `tls` is the Gateway's own block, not a listener's.
void read_gateway_tls(Fields& tls, api::Gateway& gateway);
/// Both sides of routes that name no Gateway (GEP-3793), which are not attached here.
void refuse_default(Fields& spec, std::string_view key);

}  // namespace sni::manifest
