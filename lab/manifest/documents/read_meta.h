// An object's metadata, read and checked as the API server has it. Private to documents.cpp.
#pragma once

#include <string_view>

#include "lab/manifest/meta.h"
#include "lab/manifest/readers/kinds.h"
#include "lab/yaml/fields.h"

namespace sni::manifest {

/// What a name may be: a Service's becomes one label of a host name, as a namespace's does.
enum class NameForm { subdomain, label };
NameForm form_of_name(const KindEntry& entry);

/// Of an object that is `namespaced` and names no namespace, `default_namespace` is the one.
Meta read_meta(Fields& document, bool namespaced, NameForm form,
               std::string_view default_namespace);

}  // namespace sni::manifest
